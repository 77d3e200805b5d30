select read_execution($1, $2)
