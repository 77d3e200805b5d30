-- Deletes ended roots, each with all below it, running or not; oldest first, at most p_limit roots. p_instance_ids and
-- p_completed_before null do not filter.
create function delete_instances_bulk(
    p_instance_ids text[], p_completed_before bigint, p_limit bigint,
    out out_instances bigint, out out_executions bigint, out out_events bigint, out out_messages bigint)
language plpgsql as $$
declare
    v_roots text[];
begin
    v_roots := array(
        select i.instance_id from instances i
        join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id
        where not exists (select from instances p where p.instance_id = i.parent_instance_id) and e.status in ('Completed', 'Failed')
          and (p_instance_ids is null or i.instance_id = any (p_instance_ids))
          and (p_completed_before is null or e.completed_at < p_completed_before)
        order by e.completed_at, i.instance_id
        limit p_limit);
    select d.out_instances, d.out_executions, d.out_events, d.out_messages
    into out_instances, out_executions, out_events, out_messages
    from delete_instances(array(
        with recursive tree (instance_id) as (
            select r collate "C" from unnest(v_roots) r
            union all
            select i.instance_id from tree t join instances i on i.parent_instance_id = t.instance_id
        )
        select t.instance_id from tree t), true) d;
end $$;
