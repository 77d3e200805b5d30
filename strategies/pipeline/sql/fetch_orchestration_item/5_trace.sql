-- A row only without an instance row: the highest execution of which anything is stored.
select t.execution_id,
       array(select h.event_data from history h
             where h.instance_id = current_setting('pgbench_provider.instance', true) and h.execution_id = t.execution_id
             order by h.event_id)
from (select greatest(
          (select max(execution_id) from executions where instance_id = current_setting('pgbench_provider.instance', true)),
          (select max(execution_id) from history where instance_id = current_setting('pgbench_provider.instance', true))
      ) as execution_id) t
where not exists (select from instances where instance_id = current_setting('pgbench_provider.instance', true))
