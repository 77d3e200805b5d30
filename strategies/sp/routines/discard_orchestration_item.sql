create function discard_orchestration_item(p_instance_id text, p_token uuid, p_message_ids bigint[], p_now bigint)
returns void language plpgsql as $$
begin
    if not take_turn(p_instance_id, p_token, p_message_ids, p_now) then
        raise exception 'lock token is not held' using errcode = 'PB001';
    end if;
end $$;
