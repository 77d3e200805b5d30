select list_instances($1)
