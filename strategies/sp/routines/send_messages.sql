-- Inserts messages in their order and marks their instances but p_self, the caller's own, in instance order so that two turns
-- that write to each other's instances cannot deadlock. p_lock_self: the own row is locked in its place among them.
-- Returns how many rows it locked. Not called by clients.
create function send_messages(p_instance_ids text[], p_visible_at bigint[], p_items text[], p_self text, p_lock_self boolean)
returns bigint language plpgsql as $$
declare
    v_id bigint;
    v_locked bigint;
begin
    if cardinality(p_items) = 1 and p_instance_ids[1] <> p_self then
        v_id := enqueue_orchestrator_item(p_instance_ids[1], p_visible_at[1], p_items[1]);
        return 1;
    end if;

    with sent as (
        insert into orchestrator_queue as q (instance_id, visible_at, work_item)
        select unnest(p_instance_ids), unnest(p_visible_at), unnest(p_items)
        returning q.id, q.instance_id, q.visible_at
    )
    insert into instance_locks as l (instance_id, visible_at, head_id)
    select distinct on (s.instance_id) s.instance_id, s.visible_at, s.id from (
        select instance_id, visible_at, id from sent where instance_id <> p_self
        union all
        select p_self collate "C", 9223372036854775807, 0 where p_lock_self
    ) s
    order by s.instance_id, s.visible_at, s.id
    on conflict (instance_id) do update set
        visible_at = case when l.lock_token is null then least(l.visible_at, excluded.visible_at) else l.visible_at end,
        head_id = case when l.lock_token is null
                        and (excluded.visible_at, excluded.head_id) < (l.visible_at, l.head_id)
                       then excluded.head_id else l.head_id end,
        dirty = l.dirty or excluded.head_id <> 0;
    get diagnostics v_locked = row_count;
    return v_locked;
end $$;
