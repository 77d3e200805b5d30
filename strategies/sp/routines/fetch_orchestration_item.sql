-- Locks the instance that has been fetchable longest, of those since p_from if there is one, and returns what its turn needs, or
-- no row. Where p_owner had the instance's last turn, the history begins after out_history_through. out_visible_at is that of
-- the earliest message. A lost lock is only a retry, so this commit need not wait for the disk.
create function fetch_orchestration_item(p_token uuid, p_now bigint, p_until bigint, p_owner uuid, p_from bigint)
returns table (
    out_instance_id text, out_attempt_count int, out_message_ids bigint[], out_messages text[],
    out_known boolean, out_name text, out_version text, out_execution_id bigint, out_history text[],
    out_history_owner uuid, out_history_through bigint, out_visible_at bigint)
language plpgsql rows 1 as $$
declare
    v_commit text := set_config('synchronous_commit', 'off', true);
    v_id text;
    v_attempts int;
begin
    loop
        update instance_locks l
        set visible_at = p_until, lock_token = p_token, attempt_count = l.attempt_count + 1, dirty = false
        where l.instance_id = (
            select c.instance_id from instance_locks c
            where c.visible_at between p_from and p_now
            order by c.visible_at, c.head_id
            limit 1
            for update skip locked)
        returning l.instance_id, l.attempt_count into v_id, v_attempts;
        if not found then
            exit when p_from = 0;
            p_from := 0;
            continue;
        end if;

        -- A new statement, hence a snapshot younger than the lock. Its row goes out as it is: through variables a long history
        -- would be copied several times more. The casts cost nothing; without them a column of another kind of text is an error.
        return query
        select v_id, case when m.attempts > 0 then greatest(v_attempts, count_attempts(v_id, p_now)) else v_attempts end,
               m.ids, m.items::text[], i.instance_id is not null, i.orchestration_name::text, i.orchestration_version::text, e.id,
               array(select h.event_data::text from history h
                     where h.instance_id = v_id and h.execution_id = e.id
                       and h.event_id > case when i.history_owner = p_owner then i.history_through else 0 end
                     order by h.event_id),
               i.history_owner, i.history_through, m.visible_at
        from (select array_agg(q.id) as ids, array_agg(q.work_item) as items, max(q.attempt_count) as attempts,
                     min(q.visible_at) as visible_at
              from (select id, work_item, attempt_count, visible_at from orchestrator_queue
                    where instance_id = v_id and visible_at <= p_now
                    order by id) q) m
        left join instances i on i.instance_id = v_id
        cross join lateral (
            select case when i.instance_id is not null then i.current_execution_id else latest_trace(v_id) end as id
            offset 0) e -- else each use of the id asks for the trace
        where m.ids is not null;
        exit when found;

        -- Nothing to do here after all: put the clock right and look further.
        perform release_instance(v_id);
    end loop;
end $$;
