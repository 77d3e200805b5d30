select discard_orchestration_item($1, $2::uuid, $3::bigint[], $4)
