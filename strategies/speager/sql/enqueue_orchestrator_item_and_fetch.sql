select * from enqueue_orchestrator_item_and_fetch($1, $2, $3, $4, $5::uuid, $6, $7::int, $8::uuid, $9)
