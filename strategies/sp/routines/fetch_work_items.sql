-- Locks the work items that have been visible longest, up to p_limit, all under one token and in that order; null when there
-- are none. As in fetch_work_item, the commit need not wait for the disk. The array keeps a plan for a few rows where
-- statistics know of none.
create function fetch_work_items(
    p_token uuid, p_now bigint, p_until bigint, p_limit int,
    out out_ids bigint[], out out_items text[], out out_attempt_counts int[])
language plpgsql as $$
declare
    v_commit text := set_config('synchronous_commit', 'off', true);
begin
    with candidates as materialized (
        select c.id, c.visible_at from worker_queue c
        where c.visible_at <= p_now
        order by c.visible_at, c.id
        limit p_limit
        for update skip locked),
    locked as (
        update worker_queue w
        set visible_at = p_until, lock_token = p_token, attempt_count = w.attempt_count + 1
        where w.id = any(array(select c.id from candidates c))
        returning w.id, w.work_item, w.attempt_count)
    select array_agg(l.id order by c.visible_at, c.id), array_agg(l.work_item order by c.visible_at, c.id),
        array_agg(l.attempt_count order by c.visible_at, c.id)
    into out_ids, out_items, out_attempt_counts
    from locked l join candidates c on c.id = l.id;
end $$;
