-- Locks the instances that have been fetchable longest, as many as asked for; those since $4 come before earlier ones. The statements
-- behind it, sent before its answer is known, find them, in that order, in a setting that lasts as long as the transaction. The array
-- keeps a plan for a few rows where statistics know of none, and that the limit is selected keeps one plan for all.
with recent as materialized (
    select instance_id, visible_at, head_id from instance_locks
    where visible_at between $4 and $1
    order by visible_at, head_id
    limit (select $5::bigint)
    for update skip locked),
earlier as materialized (
    select instance_id, visible_at, head_id from instance_locks
    where visible_at < $4 and visible_at <= $1
    order by visible_at, head_id
    limit $5 - (select count(*) from recent)
    for update skip locked),
candidates as (
    select r.*, false as is_earlier from recent r
    union all
    select e.*, true from earlier e),
locked as (
    update instance_locks
    set visible_at = $3, lock_token = $2::uuid, attempt_count = attempt_count + 1, dirty = false
    where instance_id = any (array(select instance_id from candidates))
    returning instance_id, attempt_count)
select c.ids, c.attempts, set_config('pgbench_provider.instances', c.ids::text, true), set_config('synchronous_commit', 'off', true)
from (select coalesce(array_agg(o.instance_id), '{}') as ids, array_agg(o.attempt_count) as attempts
      from (select l.instance_id, l.attempt_count
            from locked l join candidates c on c.instance_id = l.instance_id
            order by c.is_earlier, c.visible_at, c.head_id) o) c
