select * from fetch_work_items($1::uuid, $2, $3, $4, $5)
