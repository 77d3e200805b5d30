create function get_instance_info(
    p_instance_id text,
    out out_name text, out out_version text, out out_execution_id bigint, out out_status text, out out_output text,
    out out_parent text, out out_created_at bigint, out out_updated_at bigint)
language plpgsql stable as $$
begin
    select i.orchestration_name, i.orchestration_version, i.current_execution_id, coalesce(e.status, 'Running'),
           coalesce(e.output, ''), coalesce(i.parent_instance_id, ''), i.created_at,
           greatest(i.updated_at, (select max(h.created_at) from history h
                                   where h.instance_id = i.instance_id and h.execution_id = i.current_execution_id))
    into out_name, out_version, out_execution_id, out_status, out_output, out_parent, out_created_at, out_updated_at
    from instances i
    left join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id
    where i.instance_id = p_instance_id;
    if not found then
        raise exception 'no such instance' using errcode = 'PB002';
    end if;
end $$;
