select renew_orchestration_lock($1, $2::uuid, $3, $4)
