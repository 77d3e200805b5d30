select count(*),
       (select count(*) from executions),
       (select count(*) from history),
       count(*) filter (where coalesce(e.status, 'Running') = 'Running'),
       count(*) filter (where e.status = 'Completed'),
       count(*) filter (where e.status = 'Failed')
from instances i
left join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id
