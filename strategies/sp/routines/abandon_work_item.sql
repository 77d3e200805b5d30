-- Gives a work item back, with an expired lock too. p_visible_at null puts it back into its place in the queue.
create function abandon_work_item(p_id bigint, p_token uuid, p_visible_at bigint, p_ignore_attempt boolean)
returns void language plpgsql as $$
begin
    update worker_queue w
    set lock_token = null, visible_at = coalesce(p_visible_at, w.enqueued_at),
        attempt_count = w.attempt_count - case when p_ignore_attempt then 1 else 0 end
    where w.id = p_id and w.lock_token = p_token;
    if not found then
        raise exception 'lock token is not held' using errcode = 'PB001';
    end if;
end $$;
