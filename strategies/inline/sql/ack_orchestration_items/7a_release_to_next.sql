-- Those that are left have messages, which decide when they may be fetched again.
update instance_locks l
set (visible_at, head_id) = (select q.visible_at, q.id from orchestrator_queue q where q.instance_id = l.instance_id
                             order by q.visible_at, q.id limit 1),
    lock_token = null, attempt_count = 0, dirty = true
where l.instance_id = any (array(select unnest($1::text[])))
