-- After the insert: a turn may schedule an activity and cancel it at once.
delete from worker_queue w
using unnest($2::bigint[], $3::bigint[]) as c (execution_id, activity_id)
where w.instance_id = $1 and w.execution_id = c.execution_id and w.activity_id = c.activity_id
