insert into history (instance_id, execution_id, event_id, event_data, created_at)
select unnest($1::text[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::text[]), $5::bigint
