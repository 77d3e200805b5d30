select * from fetch_work_item($1::uuid, $2, $3, $4)
