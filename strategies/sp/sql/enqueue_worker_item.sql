select enqueue_worker_item($1, $2, $3, $4, $5)
