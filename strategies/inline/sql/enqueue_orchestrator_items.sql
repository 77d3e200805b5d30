-- Inserts the messages in their order and marks their instances, in instance order so that two calls cannot deadlock.
with sent as (
    insert into orchestrator_queue (instance_id, visible_at, work_item)
    select unnest($1::text[]), unnest($2::bigint[]), unnest($3::text[])
    returning id, instance_id, visible_at
)
insert into instance_locks as l (instance_id, visible_at, head_id)
select distinct on (instance_id) instance_id, visible_at, id from sent
order by instance_id, visible_at, id
on conflict (instance_id) do update set
    visible_at = case when l.lock_token is null then least(l.visible_at, excluded.visible_at) else l.visible_at end,
    head_id = case when l.lock_token is null
                    and (excluded.visible_at, excluded.head_id) < (l.visible_at, l.head_id)
                   then excluded.head_id else l.head_id end,
    dirty = true
