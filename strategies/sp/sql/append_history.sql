select append_history($1, $2, $3, $4::bigint[], $5::text[])
