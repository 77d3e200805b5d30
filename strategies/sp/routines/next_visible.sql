-- When something can be fetched from each queue: visible_at is a visibility clock in both tables. Null is never.
create function next_visible(out out_message bigint, out out_work bigint) language plpgsql stable as $$
begin
    out_message := (select min(l.visible_at) from instance_locks l);
    out_work := (select min(w.visible_at) from worker_queue w);
end $$;
