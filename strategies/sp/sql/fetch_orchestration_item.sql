select * from fetch_orchestration_item($1::uuid, $2, $3)
