-- Deletes instances with all that belongs to them, or none: PB003 if one is running and p_force is false, PB004 if a
-- child would lose its parent. Unknown ids are ignored. Rows of instance_locks go first and in order, as everywhere; with
-- them the turns in flight lose their locks and cannot bring an instance back.
create function delete_instances(
    p_instance_ids text[], p_force boolean,
    out out_instances bigint, out out_executions bigint, out out_events bigint, out out_messages bigint)
language plpgsql as $$
begin
    perform from instance_locks l where l.instance_id = any (p_instance_ids) order by l.instance_id for update;
    perform from instances i where i.instance_id = any (p_instance_ids) order by i.instance_id for update;

    if not p_force and exists (
        select from instances i
        left join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id
        where i.instance_id = any (p_instance_ids) and coalesce(e.status, 'Running') = 'Running') then
        raise exception 'an instance is running' using errcode = 'PB003';
    end if;
    if exists (select from instances i
               where i.parent_instance_id = any (p_instance_ids) and i.instance_id <> all (p_instance_ids)) then
        raise exception 'a child would be left without its parent' using errcode = 'PB004';
    end if;

    delete from instance_locks l where l.instance_id = any (p_instance_ids);
    delete from orchestrator_queue q where q.instance_id = any (p_instance_ids);
    get diagnostics out_messages = row_count;
    delete from worker_queue w where w.instance_id = any (p_instance_ids);
    delete from history h where h.instance_id = any (p_instance_ids);
    get diagnostics out_events = row_count;
    delete from executions e where e.instance_id = any (p_instance_ids);
    get diagnostics out_executions = row_count;
    delete from instances i where i.instance_id = any (p_instance_ids);
    get diagnostics out_instances = row_count;
end $$;
