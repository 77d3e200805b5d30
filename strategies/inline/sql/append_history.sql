-- Whoever keeps the history has to read it again.
with disowned as (
    update instances set history_owner = gen_random_uuid() where instance_id = $1
)
insert into history (instance_id, execution_id, event_id, event_data, created_at)
select $1, $2, unnest($4::bigint[]), unnest($5::text[]), $3::bigint
on conflict (instance_id, execution_id, event_id) do nothing
