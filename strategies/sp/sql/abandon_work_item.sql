select abandon_work_item($1, $2::uuid, $3, $4)
