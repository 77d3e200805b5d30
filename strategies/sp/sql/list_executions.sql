select list_executions($1)
