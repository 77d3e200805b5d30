select i.orchestration_name, i.orchestration_version, i.current_execution_id, coalesce(e.status, 'Running'),
       coalesce(e.output, ''), coalesce(i.parent_instance_id, ''), i.created_at,
       greatest(i.updated_at, (select max(h.created_at) from history h
                               where h.instance_id = i.instance_id and h.execution_id = i.current_execution_id))
from instances i
left join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id
where i.instance_id = $1
