create function latest_execution_id(p_instance_id text) returns bigint language plpgsql stable as $$
declare
    v_id bigint;
begin
    select i.current_execution_id into v_id from instances i where i.instance_id = p_instance_id;
    if not found then
        raise exception 'no such instance' using errcode = 'PB002';
    end if;
    return v_id;
end $$;
