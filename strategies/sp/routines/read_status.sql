-- All null when there is no such instance: clients that wait for one ask often, and after an error the driver prepares the
-- statement again.
create function read_status(p_instance_id text, out out_execution_id bigint, out out_status text, out out_output text)
language plpgsql stable as $$
begin
    select i.current_execution_id, coalesce(e.status, 'Running'), coalesce(e.output, '')
    into out_execution_id, out_status, out_output
    from instances i
    left join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id
    where i.instance_id = p_instance_id;
end $$;
