create function list_children(p_instance_id text) returns text[] language plpgsql stable as $$
begin
    return array(select i.instance_id from instances i
                 where i.parent_instance_id = p_instance_id
                 order by i.created_at, i.instance_id);
end $$;
