-- The instances and all below them, children before their parents.
with recursive tree (instance_id, depth) as (
    select instance_id, 0 from instances where instance_id = any ($1::text[])
    union all
    select i.instance_id, t.depth + 1 from tree t join instances i on i.parent_instance_id = t.instance_id
) cycle instance_id set is_cycle using path
select instance_id from tree where not is_cycle order by depth desc, instance_id
