-- p_status null lists all.
create function list_instances(p_status text) returns text[] language plpgsql stable as $$
begin
    return array(
        select i.instance_id from instances i
        where p_status is null
           or p_status = (select e.status from executions e
                          where e.instance_id = i.instance_id and e.execution_id = i.current_execution_id)
        order by i.created_at desc, i.instance_id);
end $$;
