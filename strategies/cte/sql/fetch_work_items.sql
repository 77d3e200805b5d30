-- The items that have been visible longest, as many as asked for, in that order; those since $5 come before earlier ones. As in fetch_work_item, the commit need not
-- wait for the disk. The array keeps a plan for a few rows where statistics know of none.
with recent as materialized (
    select id, visible_at from worker_queue
    where visible_at between $5 and $1
    order by visible_at, id
    limit $4
    for update skip locked),
earlier as materialized (
    select id, visible_at from worker_queue
    where visible_at < $5 and visible_at <= $1
    order by visible_at, id
    limit $4 - (select count(*) from recent)
    for update skip locked),
candidates as (
    select id, visible_at, false as is_earlier from recent
    union all
    select id, visible_at, true from earlier),
locked as (
    update worker_queue
    set visible_at = $3, lock_token = $2::uuid, attempt_count = attempt_count + 1
    where id = any(array(select id from candidates))
    returning id, work_item, attempt_count, enqueued_at)
select l.id, l.work_item, l.attempt_count, l.enqueued_at, set_config('synchronous_commit', 'off', true)
from locked l join candidates c on c.id = l.id
order by c.is_earlier, c.visible_at, c.id
