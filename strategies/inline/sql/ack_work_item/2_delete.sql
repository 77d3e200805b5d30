-- After the completion was enqueued: the instance's row is locked before the item's, as a turn that cancels does it.
delete from worker_queue where id = $1 and lock_token = $2::uuid and visible_at > $3
