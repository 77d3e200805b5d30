select * from get_instance_info($1)
