-- Whoever keeps the history has to read it again.
with disowned as (
    update instances set history_owner = gen_random_uuid() where instance_id = $1
)
insert into history (instance_id, execution_id, event_id, event_type, event_data, created_at)
select $1, $2, e.id, e.type, e.data, $3
from unnest($4::bigint[], $5::text[], $6::text[]) as e (id, type, data)
on conflict (instance_id, execution_id, event_id) do nothing
