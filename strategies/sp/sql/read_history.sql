select read_history($1)
