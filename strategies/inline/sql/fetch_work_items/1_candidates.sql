-- The items that have been visible longest, as many as asked for; those since $3 come before earlier ones. As in
-- fetch_work_item, the commit need not wait for the disk.
with recent as materialized (
    select id, work_item, attempt_count, enqueued_at from worker_queue
    where visible_at between $3 and $1
    order by visible_at, id
    limit $2
    for update skip locked),
earlier as materialized (
    select id, work_item, attempt_count, enqueued_at from worker_queue
    where visible_at < $3 and visible_at <= $1
    order by visible_at, id
    limit $2 - (select count(*) from recent)
    for update skip locked)
select c.id, c.work_item, c.attempt_count + 1, c.enqueued_at, set_config('synchronous_commit', 'off', true)
from (select * from recent union all select * from earlier) c
