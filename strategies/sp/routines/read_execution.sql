create function read_execution(p_instance_id text, p_execution_id bigint) returns text[] language plpgsql stable as $$
begin
    return array(select h.event_data from history h
                 where h.instance_id = p_instance_id and h.execution_id = p_execution_id
                 order by h.event_id);
end $$;
