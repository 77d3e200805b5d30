select send_messages($1::text[], $2::bigint[], $3::text[], '', false)
