-- After the completions were enqueued: the instances' rows are locked before the items', as a turn that cancels does it.
delete from worker_queue w
using (select unnest($1::bigint[]) as id, unnest($2::uuid[]) as token) k
where w.id = k.id and w.lock_token = k.token and w.visible_at > $3
