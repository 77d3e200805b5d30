select k.instance_id, e.event_data
from (select unnest(a.ids) as instance_id, unnest(a.executions) as execution_id, unnest(a.kept) as through
      from (select $1::text[] as ids, $2::bigint[] as executions, $3::bigint[] as kept offset 0) a) k
cross join lateral (
    select h.event_data from history h
    where h.instance_id = k.instance_id and h.execution_id = k.execution_id and h.event_id > k.through
    order by h.event_id) e
