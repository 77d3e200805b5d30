-- Deletes a root and all below it; PB005 for a sub-orchestration, which goes only with its root.
create function delete_instance(
    p_instance_id text, p_force boolean,
    out out_instances bigint, out out_executions bigint, out out_events bigint, out out_messages bigint)
language plpgsql as $$
begin
    -- A child that began after its parent was deleted counts as a root: nothing else would ever remove it.
    if exists (select from instances i where i.instance_id = get_parent_id(p_instance_id)) then
        raise exception 'a sub-orchestration' using errcode = 'PB005';
    end if;
    select d.out_instances, d.out_executions, d.out_events, d.out_messages
    into out_instances, out_executions, out_events, out_messages
    from delete_instances(get_instance_tree(p_instance_id), p_force) d;
end $$;
