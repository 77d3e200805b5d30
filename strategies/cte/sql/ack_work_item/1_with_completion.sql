-- Enqueues the completion and deletes the item, or divides by zero when the item is not held, which takes the completion
-- back. The delete waits for touched, so that the instance's row is locked before the item's. $1 id, $2 token, $3 now,
-- $4 to $6 the completion.
with sent as (
    insert into orchestrator_queue (instance_id, visible_at, work_item) values ($4, $5, $6)
    returning instance_id, visible_at, id
), touched as (
    insert into instance_locks as l (instance_id, visible_at, head_id)
    select instance_id, visible_at, id from sent
    on conflict (instance_id) do update set
        visible_at = case when l.lock_token is null then least(l.visible_at, excluded.visible_at) else l.visible_at end,
        head_id = case when l.lock_token is null
                        and (excluded.visible_at, excluded.head_id) < (l.visible_at, l.head_id)
                       then excluded.head_id else l.head_id end,
        dirty = true
    returning 1
), gone as (
    delete from worker_queue w
    where w.id = $1 and w.lock_token = $2::uuid and w.visible_at > $3 and exists (select from touched)
    returning 1
)
select 1 / count(*) from gone
