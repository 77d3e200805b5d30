-- Inserts the messages in their order and marks their instances but the own one ($4), in instance order so that two turns
-- that write to each other's instances cannot deadlock. $5: the own row is locked in its place among them.
with sent as (
    insert into orchestrator_queue (instance_id, visible_at, work_item)
    select unnest($1::text[]), unnest($2::bigint[]), unnest($3::text[])
    returning id, instance_id, visible_at
)
insert into instance_locks as l (instance_id, visible_at, head_id)
select distinct on (s.instance_id) s.instance_id, s.visible_at, s.id from (
    select instance_id, visible_at, id from sent where instance_id <> $4
    union all
    select $4::text collate "C", 9223372036854775807, 0 where $5::boolean
) s
order by s.instance_id, s.visible_at, s.id
on conflict (instance_id) do update set
    visible_at = case when l.lock_token is null then least(l.visible_at, excluded.visible_at) else l.visible_at end,
    head_id = case when l.lock_token is null
                    and (excluded.visible_at, excluded.head_id) < (l.visible_at, l.head_id)
                   then excluded.head_id else l.head_id end,
    dirty = l.dirty or excluded.head_id <> 0
