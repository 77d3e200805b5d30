select * from ack_work_item_and_fetch($1, $2::uuid, $3, $4, $5, $6, $7::uuid, $8, $9::int, $10::uuid, $11)
