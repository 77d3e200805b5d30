insert into worker_queue (instance_id, execution_id, activity_id, work_item, visible_at, enqueued_at)
select unnest($1::text[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::text[]), $5::bigint, $5::bigint
