select enqueue_orchestrator_item($1, $2, $3)
