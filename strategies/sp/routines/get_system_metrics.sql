create function get_system_metrics(
    out out_instances bigint, out out_executions bigint, out out_events bigint,
    out out_running bigint, out out_completed bigint, out out_failed bigint)
language plpgsql stable as $$
begin
    select count(*), count(*) filter (where coalesce(e.status, 'Running') = 'Running'),
           count(*) filter (where e.status = 'Completed'), count(*) filter (where e.status = 'Failed')
    into out_instances, out_running, out_completed, out_failed
    from instances i
    left join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id;
    out_executions := (select count(*) from executions);
    out_events := (select count(*) from history);
end $$;
