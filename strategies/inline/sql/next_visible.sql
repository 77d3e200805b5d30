-- visible_at is a visibility clock in both tables: the first row of an index each.
select (select min(visible_at) from instance_locks), (select min(visible_at) from worker_queue)
