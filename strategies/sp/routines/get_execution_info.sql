create function get_execution_info(
    p_instance_id text, p_execution_id bigint,
    out out_status text, out out_output text, out out_started_at bigint, out out_completed_at bigint,
    out out_event_count bigint)
language plpgsql stable as $$
begin
    select e.status, coalesce(e.output, ''), e.started_at, coalesce(e.completed_at, 0),
           (select count(*) from history h where h.instance_id = e.instance_id and h.execution_id = e.execution_id)
    into out_status, out_output, out_started_at, out_completed_at, out_event_count
    from executions e
    where e.instance_id = p_instance_id and e.execution_id = p_execution_id;
    if not found then
        raise exception 'no such execution' using errcode = 'PB006';
    end if;
end $$;
