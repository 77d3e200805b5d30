select ack_orchestration_items(
    $1::text[], $2::uuid[], $3, $4::bigint[],
    $5::text[], $6::bigint[],
    $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::bigint[],
    $13::text[], $14::bigint[], $15::bigint[], $16::text[],
    $17::text[], $18::bigint[], $19::bigint[], $20::text[],
    $21::uuid[], $22::uuid[], $23::bigint[])
