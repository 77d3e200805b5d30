select e.status, coalesce(e.output, ''), e.started_at, coalesce(e.completed_at, 0),
       (select count(*) from history h where h.instance_id = e.instance_id and h.execution_id = e.execution_id)
from executions e
where e.instance_id = $1 and e.execution_id = $2
