-- The highest execution of which anything is stored; null when there is none. Not called by clients.
create function latest_trace(p_instance_id text) returns bigint language plpgsql stable as $$
begin
    return greatest(
        (select max(e.execution_id) from executions e where e.instance_id = p_instance_id),
        (select max(h.execution_id) from history h where h.instance_id = p_instance_id));
end $$;
