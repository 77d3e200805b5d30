-- The instances that have been fetchable longest, as many as asked for; those since $2 come before earlier ones. As in
-- fetch_orchestration_item, the commit need not wait for the disk. The limit is selected, which hides it from the
-- planner: one plan for all.
with recent as materialized (
    select instance_id from instance_locks
    where visible_at between $2 and $1
    order by visible_at, head_id
    limit (select $3::bigint)
    for update skip locked),
earlier as materialized (
    select instance_id from instance_locks
    where visible_at < $2 and visible_at <= $1
    order by visible_at, head_id
    limit $3 - (select count(*) from recent)
    for update skip locked)
select c.instance_id, set_config('synchronous_commit', 'off', true)
from (select * from recent union all select * from earlier) c
