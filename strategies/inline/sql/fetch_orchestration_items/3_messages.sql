-- A new statement, hence a snapshot younger than the locks. offset 0 hides the array's length, as for the locks.
select k.instance_id, m.id, m.work_item, m.attempt_count, m.visible_at
from (select unnest(a.ids) as instance_id from (select $1::text[] as ids offset 0) a) k
cross join lateral (
    select id, work_item, attempt_count, visible_at from orchestrator_queue q
    where q.instance_id = k.instance_id and q.visible_at <= $2
    order by q.id) m
