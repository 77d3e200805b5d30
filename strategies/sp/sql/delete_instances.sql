select * from delete_instances($1::text[], $2)
