select list_children($1)
