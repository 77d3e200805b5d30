create function renew_work_item_lock(p_id bigint, p_token uuid, p_now bigint, p_until bigint)
returns void language plpgsql as $$
begin
    update worker_queue w set visible_at = p_until
    where w.id = p_id and w.lock_token = p_token and w.visible_at > p_now;
    if not found then
        raise exception 'lock token is not held' using errcode = 'PB001';
    end if;
end $$;
