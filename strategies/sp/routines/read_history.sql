create function read_history(p_instance_id text) returns text[] language plpgsql stable as $$
begin
    return array(select h.event_data from history h
                 where h.instance_id = p_instance_id and h.execution_id = latest_trace(p_instance_id)
                 order by h.event_id);
end $$;
