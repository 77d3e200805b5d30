select ack_work_items($1::bigint[], $2::uuid[], $3, $4::text[], $5::bigint[], $6::text[])
