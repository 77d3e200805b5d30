-- Where $1 had an instance's last turn, only what is newer than that.
select k.instance_id, i.orchestration_name, i.orchestration_version, i.current_execution_id,
       array(select h.event_data from history h
             where h.instance_id = k.instance_id and h.execution_id = i.current_execution_id
               and h.event_id > case when i.history_owner = $1::uuid then i.history_through else 0 end
             order by h.event_id),
       i.history_owner::text, i.history_through
from (select unnest(nullif(current_setting('pgbench_provider.instances', true), '')::text[]) as instance_id) k
cross join lateral (select * from instances n where n.instance_id = k.instance_id limit 1) i
