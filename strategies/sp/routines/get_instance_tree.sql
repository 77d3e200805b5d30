-- The instance and all below it, children before their parents.
create function get_instance_tree(p_instance_id text) returns text[] language plpgsql stable as $$
declare
    v_tree text[];
begin
    with recursive tree (instance_id, depth) as (
        select i.instance_id, 0 from instances i where i.instance_id = p_instance_id
        union all
        select i.instance_id, t.depth + 1 from tree t join instances i on i.parent_instance_id = t.instance_id
    ) cycle instance_id set is_cycle using path
    select array_agg(t.instance_id order by t.depth desc, t.instance_id) into v_tree from tree t where not t.is_cycle;
    if v_tree is null then
        raise exception 'no such instance' using errcode = 'PB002';
    end if;
    return v_tree;
end $$;
