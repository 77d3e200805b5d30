select * from delete_instances_bulk($1::text[], $2, $3)
