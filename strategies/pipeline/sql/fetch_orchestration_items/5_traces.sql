-- Rows only for those without a row in instances: the highest executions of which anything is stored.
select t.instance_id, t.execution_id,
       array(select h.event_data from history h
             where h.instance_id = t.instance_id and h.execution_id = t.execution_id
             order by h.event_id)
from (select k.instance_id, greatest(
          (select max(e.execution_id) from executions e where e.instance_id = k.instance_id),
          (select max(h.execution_id) from history h where h.instance_id = k.instance_id)) as execution_id
      from (select unnest(nullif(current_setting('pgbench_provider.instances', true), '')::text[]) as instance_id) k
      where (select n.instance_id from instances n where n.instance_id = k.instance_id limit 1) is null) t
