select * from delete_instance($1, $2)
