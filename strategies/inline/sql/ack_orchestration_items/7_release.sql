-- The rows have been locked, so what this statement sees of the queue is all there is.
delete from instance_locks l
where l.instance_id = any (array(select unnest($1::text[])))
  and (select q.id from orchestrator_queue q where q.instance_id = l.instance_id limit 1) is null
