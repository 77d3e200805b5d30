select i.orchestration_name, i.orchestration_version, i.current_execution_id,
       array(select h.event_data from history h
             where h.instance_id = i.instance_id and h.execution_id = i.current_execution_id
             order by h.event_id)
from instances i
where i.instance_id = current_setting('pgbench_provider.instance', true)
