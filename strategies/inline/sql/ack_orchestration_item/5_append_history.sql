insert into history (instance_id, execution_id, event_id, event_type, event_data, created_at)
select $1, $2, e.id, e.type, e.data, $3
from unnest($4::bigint[], $5::text[], $6::text[]) as e (id, type, data)
