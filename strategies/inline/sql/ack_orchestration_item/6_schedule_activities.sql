insert into worker_queue (instance_id, execution_id, activity_id, work_item, visible_at, enqueued_at)
select w.instance_id, w.execution_id, w.activity_id, w.item, $5, $5
from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])
     with ordinality as w (instance_id, execution_id, activity_id, item, n)
order by w.n
