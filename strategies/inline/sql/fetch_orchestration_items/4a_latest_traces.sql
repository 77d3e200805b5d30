-- Only without rows of the instances: the highest executions of which anything is stored.
select k.instance_id, greatest(
    (select max(e.execution_id) from executions e where e.instance_id = k.instance_id),
    (select max(h.execution_id) from history h where h.instance_id = k.instance_id))
from (select unnest(a.ids) as instance_id from (select $1::text[] as ids offset 0) a) k
