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
    using (select unnest(p_ids) as id, unnest(p_tokens) as token) k
    where w.id = k.id and w.lock_token = k.token and w.visible_at > p_now;
    get diagnostics v_deleted = row_count;
    if v_deleted <> cardinality(p_ids) then
        raise exception 'a lock token is not held' using errcode = 'PB001';
    end if;
end $$;
