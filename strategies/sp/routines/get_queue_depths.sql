create function get_queue_depths(p_now bigint, out out_orchestrator bigint, out out_worker bigint)
language plpgsql stable as $$
begin
    out_orchestrator := (select count(*) from orchestrator_queue q join instance_locks l using (instance_id)
                         where q.visible_at <= p_now and l.visible_at <= p_now);
    out_worker := (select count(*) from worker_queue w where w.visible_at <= p_now);
end $$;
