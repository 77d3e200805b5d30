-- unnest in the select list runs all arrays in step and keeps their order; in the from clause each is stored first.
insert into history (instance_id, execution_id, event_id, event_data, created_at)
select $1, $2, unnest($4::bigint[]), unnest($5::text[]), $3::bigint
