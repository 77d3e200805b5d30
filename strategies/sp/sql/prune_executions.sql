select * from prune_executions($1::text[], $2, $3, $4, $5)
