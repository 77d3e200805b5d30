-- For schemas made before. An event's JSON begins with its type, and nothing read the column.
alter table history drop column if exists event_type;

drop index worker_queue_activity;
create index worker_queue_activity on worker_queue (instance_id, activity_id);
