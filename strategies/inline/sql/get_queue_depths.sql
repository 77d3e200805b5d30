select (select count(*) from orchestrator_queue q join instance_locks l using (instance_id)
        where q.visible_at <= $1 and l.visible_at <= $1),
       (select count(*) from worker_queue where visible_at <= $1)
