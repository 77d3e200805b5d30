select * from get_queue_depths($1)
