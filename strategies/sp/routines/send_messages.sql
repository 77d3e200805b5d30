-- Inserts messages in their order and marks their instances in instance_locks, in instance order so that two turns that
-- write to each other's instances cannot deadlock. p_self, the caller's own instance, is locked in its place among them;
-- null for none. Not called by clients.
create function send_messages(p_instance_ids text[], p_visible_at bigint[], p_items text[], p_self text)
returns void language plpgsql as $$
begin
    with sent as (
        insert into orchestrator_queue as q (instance_id, visible_at, work_item)
        select m.instance_id, m.visible_at, m.item
        from unnest(p_instance_ids, p_visible_at, p_items) with ordinality as m (instance_id, visible_at, item, n)
        order by m.n
        returning q.id, q.instance_id, q.visible_at
    ), touched as (
        select distinct on (s.instance_id) s.instance_id, s.visible_at, s.id from (
            select instance_id collate "C" as instance_id, visible_at, id from sent
            union all
            select p_self collate "C", 9223372036854775807, 0 where p_self <> all (p_instance_ids)
        ) s
        order by s.instance_id, s.visible_at, s.id
    )
    insert into instance_locks as l (instance_id, visible_at, head_id)
    select t.instance_id, t.visible_at, t.id from touched t order by t.instance_id
    on conflict (instance_id) do update set
        visible_at = case when l.lock_token is null then least(l.visible_at, excluded.visible_at) else l.visible_at end,
        head_id = case when l.lock_token is null
                        and (excluded.visible_at, excluded.head_id) < (l.visible_at, l.head_id)
                       then excluded.head_id else l.head_id end,
        dirty = l.dirty or excluded.head_id <> 0;
end $$;
