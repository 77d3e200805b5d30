create function enqueue_worker_item(
    p_instance_id text, p_execution_id bigint, p_activity_id bigint, p_item text, p_now bigint)
returns void language plpgsql as $$
begin
    insert into worker_queue (instance_id, execution_id, activity_id, work_item, visible_at, enqueued_at)
    values (p_instance_id, p_execution_id, p_activity_id, p_item, p_now, p_now);
end $$;
