select get_parent_id($1)
