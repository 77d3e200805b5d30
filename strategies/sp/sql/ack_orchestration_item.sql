select ack_orchestration_item(
    $1, $2::uuid, $3::bigint[], $4, $5,
    $6, $7, $8,
    $9, $10, $11,
    $12::bigint[], $13::text[],
    $14::text[], $15::bigint[], $16::bigint[], $17::text[],
    $18::text[], $19::bigint[], $20::text[],
    $21::bigint[], $22::bigint[],
    $23::uuid, $24::uuid, $25)
