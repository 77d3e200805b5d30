-- Locks the work items that have been visible longest, up to p_limit, all under one token and in that order, those since p_from
-- before earlier ones; null when there are none. As in fetch_work_item, the commit need not wait for the disk. The array keeps
-- a plan for a few rows where statistics know of none.
create function fetch_work_items(
    p_token uuid, p_now bigint, p_until bigint, p_limit int, p_from bigint,
    out out_ids bigint[], out out_items text[], out out_attempt_counts int[], out out_enqueued_at bigint[])
language plpgsql as $$
declare
    v_commit text := set_config('synchronous_commit', 'off', true);
begin
    with recent as materialized (
        select c.id, c.visible_at from worker_queue c
        where c.visible_at between p_from and p_now
        order by c.visible_at, c.id
        limit p_limit
        for update skip locked),
    earlier as materialized (
        select c.id, c.visible_at from worker_queue c
        where c.visible_at < p_from and c.visible_at <= p_now
        order by c.visible_at, c.id
        limit p_limit - (select count(*) from recent)
        for update skip locked),
    candidates as (
        select r.id, r.visible_at, false as is_earlier from recent r
        union all
        select e.id, e.visible_at, true from earlier e),
    locked as (
        update worker_queue w
        set visible_at = p_until, lock_token = p_token, attempt_count = w.attempt_count + 1
        where w.id = any(array(select c.id from candidates c))
        returning w.id, w.work_item, w.attempt_count, w.enqueued_at)
    select array_agg(o.id), array_agg(o.work_item), array_agg(o.attempt_count), array_agg(o.enqueued_at)
    into out_ids, out_items, out_attempt_counts, out_enqueued_at
    from (select l.id, l.work_item, l.attempt_count, l.enqueued_at
          from locked l join candidates c on c.id = l.id
          order by c.is_earlier, c.visible_at, c.id) o;
end $$;
