-- Deletes work items and enqueues their completions, in that order, all or nothing. The instances' rows are locked before the
-- items', as a turn that cancels an item does it.
create function ack_work_items(
    p_ids bigint[], p_tokens uuid[], p_now bigint, p_instance_ids text[], p_visible_at bigint[], p_completions text[])
returns void language plpgsql as $$
declare
    v_locked bigint := send_messages(p_instance_ids, p_visible_at, p_completions, '', false);
    v_deleted bigint;
begin
    delete from worker_queue w
    where w.id = any (array(
        select h.id from (select unnest(p_ids) as id, unnest(p_tokens) as token) k
        cross join lateral (
            select q.id from worker_queue q
            where q.id = k.id and q.lock_token = k.token and q.visible_at > p_now
            limit 1
            for update) h));
    get diagnostics v_deleted = row_count;
    if v_deleted <> cardinality(p_ids) then
        raise exception 'a lock token is not held' using errcode = 'PB001';
    end if;
end $$;
