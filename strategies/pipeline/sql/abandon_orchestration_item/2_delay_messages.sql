-- Messages that get a time of their own get an attempt count of their own: they may come back without their companions.
update orchestrator_queue q
set visible_at = $3,
    attempt_count = greatest(0, case when q.attempt_count > 0 then q.attempt_count else l.attempt_count end - $4::int)
from instance_locks l
where q.instance_id = $1 and q.id = any ($2::bigint[]) and l.instance_id = $1
