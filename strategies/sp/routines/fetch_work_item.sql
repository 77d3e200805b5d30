-- Locks the work item that has been visible longest, of those since p_from if there is one; out_id is null when there is none.
-- A lost lock is only a retry, so this commit need not wait for the disk.
create function fetch_work_item(
    p_token uuid, p_now bigint, p_until bigint, p_from bigint,
    out out_id bigint, out out_item text, out out_attempt_count int, out out_enqueued_at bigint)
language plpgsql as $$
declare
    v_commit text := set_config('synchronous_commit', 'off', true);
begin
    loop
        update worker_queue w
        set visible_at = p_until, lock_token = p_token, attempt_count = w.attempt_count + 1
        where w.id = (
            select c.id from worker_queue c
            where c.visible_at between p_from and p_now
            order by c.visible_at, c.id
            limit 1
            for update skip locked)
        returning w.id, w.work_item, w.attempt_count, w.enqueued_at into out_id, out_item, out_attempt_count, out_enqueued_at;
        exit when found or p_from = 0;
        p_from := 0;
    end loop;
end $$;
