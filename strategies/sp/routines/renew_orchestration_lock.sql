create function renew_orchestration_lock(p_instance_id text, p_token uuid, p_now bigint, p_until bigint)
returns void language plpgsql as $$
begin
    update instance_locks l set visible_at = p_until
    where l.instance_id = p_instance_id and l.lock_token = p_token and l.visible_at > p_now;
    if not found then
        raise exception 'lock token is not held' using errcode = 'PB001';
    end if;
end $$;
