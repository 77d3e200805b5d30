-- Enqueues the completions in their order and deletes the items, or divides by zero unless all of them are held, which takes the
-- completions back. Instances are marked in their order, so that two acks cannot deadlock, and the delete waits for that, so
-- that their rows are locked before the items'. $1 ids, $2 tokens, $3 now, $4 to $6 the completions.
with sent as (
    insert into orchestrator_queue (instance_id, visible_at, work_item)
    select unnest($4::text[]), unnest($5::bigint[]), unnest($6::text[])
    returning instance_id, visible_at, id
), touched as (
    insert into instance_locks as l (instance_id, visible_at, head_id)
    select distinct on (instance_id) instance_id, visible_at, id from sent
    order by instance_id, visible_at, id
    on conflict (instance_id) do update set
        visible_at = case when l.lock_token is null then least(l.visible_at, excluded.visible_at) else l.visible_at end,
        head_id = case when l.lock_token is null
                        and (excluded.visible_at, excluded.head_id) < (l.visible_at, l.head_id)
                       then excluded.head_id else l.head_id end,
        dirty = true
    returning 1
), gone as (
    delete from worker_queue w
    using (select unnest($1::bigint[]) as id, unnest($2::uuid[]) as token) k
    where w.id = k.id and w.lock_token = k.token and w.visible_at > $3 and (select count(*) from touched) > 0
    returning 1
)
select 1 / (count(*) = cardinality($1::bigint[]))::int from gone
