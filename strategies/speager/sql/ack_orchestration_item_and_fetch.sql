select * from ack_orchestration_item_and_fetch(
    $1, $2::uuid, $3::bigint[], $4, $5,
    $6, $7, $8,
    $9, $10, $11,
    $12::bigint[], $13::text[], $14::text[],
    $15::text[], $16::bigint[], $17::bigint[], $18::text[],
    $19::text[], $20::bigint[], $21::text[],
    $22::bigint[], $23::bigint[],
    $24::uuid, $25, $26::int, $27::uuid, $28)
