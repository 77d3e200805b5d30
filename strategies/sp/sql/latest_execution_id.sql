select latest_execution_id($1)
