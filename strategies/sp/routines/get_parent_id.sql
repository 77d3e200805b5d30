-- Null for a root.
create function get_parent_id(p_instance_id text) returns text language plpgsql stable as $$
declare
    v_parent text;
begin
    select i.parent_instance_id into v_parent from instances i where i.instance_id = p_instance_id;
    if not found then
        raise exception 'no such instance' using errcode = 'PB002';
    end if;
    return v_parent;
end $$;
