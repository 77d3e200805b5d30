-- Deletes old executions of instances, oldest instances first, at most p_limit instances: never the current one, never
-- one that is running, of the others those beyond the p_keep_last newest (the current one included) and ended before
-- p_completed_before, of which null does not filter. An execution that continued as new ended when its successor started.
create function prune_executions(
    p_instance_ids text[], p_instance_completed_before bigint, p_limit bigint,
    p_keep_last bigint, p_completed_before bigint,
    out out_instances bigint, out out_executions bigint, out out_events bigint)
language plpgsql as $$
declare
    v_instances text[];
begin
    v_instances := array(
        select i.instance_id from instances i
        left join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id
        where (p_instance_ids is null or i.instance_id = any (p_instance_ids))
          and (p_instance_completed_before is null or e.completed_at < p_instance_completed_before)
        order by i.created_at, i.instance_id
        limit p_limit);
    out_instances := cardinality(v_instances);

    with ranked as (
        select e.instance_id, e.execution_id, e.status, e.execution_id = i.current_execution_id as is_current,
               coalesce(e.completed_at, lead(e.started_at) over w) as ended_at,
               row_number() over (partition by e.instance_id order by e.execution_id desc) as newest
        from executions e join instances i using (instance_id)
        where e.instance_id = any (v_instances)
        window w as (partition by e.instance_id order by e.execution_id)
    ), doomed as (
        select r.instance_id, r.execution_id from ranked r
        where not r.is_current and r.status <> 'Running'
          and r.newest > p_keep_last
          and (p_completed_before is null or r.ended_at < p_completed_before)
    ), events as (
        delete from history h using doomed d
        where h.instance_id = d.instance_id and h.execution_id = d.execution_id
        returning 1
    ), gone as (
        delete from executions e using doomed d
        where e.instance_id = d.instance_id and e.execution_id = d.execution_id
        returning 1
    )
    select (select count(*) from gone), (select count(*) from events) into out_executions, out_events;
end $$;
