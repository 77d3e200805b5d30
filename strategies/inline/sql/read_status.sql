select i.current_execution_id, coalesce(e.status, 'Running'), coalesce(e.output, '')
from instances i
left join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id
where i.instance_id = $1
