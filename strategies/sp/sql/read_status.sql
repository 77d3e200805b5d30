select * from read_status($1)
