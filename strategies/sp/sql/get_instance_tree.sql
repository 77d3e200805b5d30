select get_instance_tree($1)
