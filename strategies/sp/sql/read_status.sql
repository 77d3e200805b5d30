select * from read_status($1) where out_execution_id is not null
