-- The parent, null for a root and for a child whose parent is gone.
select p.instance_id from instances i
left join instances p on p.instance_id = i.parent_instance_id
where i.instance_id = $1
