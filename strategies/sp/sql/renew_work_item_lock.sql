select renew_work_item_lock($1, $2::uuid, $3, $4)
