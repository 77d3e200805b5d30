-- Whether one is running, and whether a child would lose its parent.
select exists (
           select from instances i
           left join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id
           where i.instance_id = any ($1::text[]) and coalesce(e.status, 'Running') = 'Running'),
       exists (
           select from instances i
           where i.parent_instance_id = any ($1::text[]) and i.instance_id <> all ($1::text[]))
