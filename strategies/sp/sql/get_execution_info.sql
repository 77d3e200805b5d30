select * from get_execution_info($1, $2)
