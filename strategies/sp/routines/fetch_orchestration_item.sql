-- Locks the instance that has been fetchable longest, of those since p_from if there is one, and returns what its turn needs;
-- out_instance_id is null when there is none. Where p_owner had the instance's last turn, the history begins after
-- out_history_through. out_visible_at is that of the earliest message. A lost lock is only a retry, so this commit need not
-- wait for the disk.
create function fetch_orchestration_item(
    p_token uuid, p_now bigint, p_until bigint, p_owner uuid, p_from bigint,
    out out_instance_id text, out out_attempt_count int, out out_message_ids bigint[], out out_messages text[],
    out out_known boolean, out out_name text, out out_version text, out out_execution_id bigint, out out_history text[],
    out out_history_owner uuid, out out_history_through bigint, out out_visible_at bigint)
language plpgsql as $$
declare
    v_commit text := set_config('synchronous_commit', 'off', true);
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
        returning l.instance_id, l.attempt_count into out_instance_id, out_attempt_count;
        if not found then
            if p_from = 0 then
                return;
            end if;
            p_from := 0;
            continue;
        end if;

        -- A new statement, hence a snapshot younger than the lock.
        select m.ids, m.items, m.attempts, m.visible_at,
               i.instance_id is not null, i.orchestration_name, i.orchestration_version, i.current_execution_id,
               array(select h.event_data from history h
                     where h.instance_id = out_instance_id and h.execution_id = i.current_execution_id
                       and h.event_id > case when i.history_owner = p_owner then i.history_through else 0 end
                     order by h.event_id),
               i.history_owner, i.history_through
        into out_message_ids, out_messages, v_attempts, out_visible_at,
             out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through
        from (select array_agg(q.id) as ids, array_agg(q.work_item) as items, max(q.attempt_count) as attempts,
                     min(q.visible_at) as visible_at
              from (select id, work_item, attempt_count, visible_at from orchestrator_queue
                    where instance_id = out_instance_id and visible_at <= p_now
                    order by id) q) m
        left join instances i on i.instance_id = out_instance_id;
        exit when out_message_ids is not null;

        -- Nothing to do here after all: put the clock right and look further.
        perform release_instance(out_instance_id);
    end loop;

    if v_attempts > 0 then
        update orchestrator_queue q set attempt_count = q.attempt_count + 1
        where q.instance_id = out_instance_id and q.id = any (out_message_ids) and q.attempt_count > 0;
        out_attempt_count := greatest(out_attempt_count, v_attempts + 1);
    end if;

    if not out_known then
        out_execution_id := latest_trace(out_instance_id);
        if out_execution_id is not null then
            out_history := array(select h.event_data from history h
                                 where h.instance_id = out_instance_id and h.execution_id = out_execution_id
                                 order by h.event_id);
        end if;
    end if;
end $$;
