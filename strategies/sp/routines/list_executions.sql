create function list_executions(p_instance_id text) returns bigint[] language plpgsql stable as $$
begin
    return array(select e.execution_id from executions e where e.instance_id = p_instance_id order by e.execution_id);
end $$;
