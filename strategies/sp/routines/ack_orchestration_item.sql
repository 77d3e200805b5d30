-- Commits a turn. Arrays of one group have one length; an empty group is null. p_status null leaves the execution's
-- status and output alone. p_history_owner keeps the history through p_history_through, unless the instance's owner is
-- another than the fetch saw; null keeps none.
create function ack_orchestration_item(
    p_instance_id text, p_token uuid, p_message_ids bigint[], p_now bigint, p_execution_id bigint,
    p_name text, p_version text, p_parent text,
    p_status text, p_output text, p_completed_at bigint,
    p_event_ids bigint[], p_event_data text[],
    p_work_instances text[], p_work_executions bigint[], p_work_activities bigint[], p_work_items text[],
    p_message_instances text[], p_message_visible_at bigint[], p_message_items text[],
    p_cancelled_executions bigint[], p_cancelled_activities bigint[],
    p_history_seen uuid, p_history_owner uuid, p_history_through bigint)
returns void language plpgsql as $$
declare
    v_up_to boolean := coalesce(p_instance_id collate "C" >= any (p_message_instances), false);
    v_after boolean := coalesce(p_instance_id collate "C" < any (p_message_instances), false);
    v_locked bigint;
    v_started boolean;
begin
    -- Rows of instance_locks are locked in instance order, so the own one goes last or first or among the receivers'.
    -- A function that is called in an assignment or a condition costs less than one that is performed.
    if v_up_to then
        v_locked := send_messages(p_message_instances, p_message_visible_at, p_message_items, p_instance_id, v_after);
    end if;
    if not take_turn(p_instance_id, p_token, p_message_ids, p_now) then
        raise exception 'lock token is not held' using errcode = 'PB001';
    end if;
    if v_after and not v_up_to then
        v_locked := send_messages(p_message_instances, p_message_visible_at, p_message_items, p_instance_id, false);
    end if;

    if p_name is not null then
        insert into instances as i (instance_id, orchestration_name, orchestration_version, current_execution_id,
                                    parent_instance_id, created_at, updated_at, history_owner, history_through)
        values (p_instance_id, p_name, p_version, p_execution_id, p_parent, p_now, p_now, p_history_owner, p_history_through)
        on conflict (instance_id) do update set
            orchestration_name = excluded.orchestration_name,
            orchestration_version = excluded.orchestration_version,
            current_execution_id = greatest(i.current_execution_id, excluded.current_execution_id),
            parent_instance_id = coalesce(i.parent_instance_id, excluded.parent_instance_id),
            updated_at = excluded.updated_at,
            history_owner = case when i.history_owner is not distinct from p_history_seen then excluded.history_owner end,
            history_through = excluded.history_through;
        v_started := false;
    else
        -- Whatever made it the current execution has inserted its row. When the turn was is in its events, so that one in the middle
        -- leaves the instance's row alone, unless a history is kept.
        v_started := coalesce(cardinality(p_event_ids), 0) > 0 and p_history_owner is null and exists (
            select from instances i
            where i.instance_id = p_instance_id and i.current_execution_id = p_execution_id and i.history_owner is null);
        if not v_started then
            update instances i
            set updated_at = p_now,
                history_owner = case when i.history_owner is not distinct from p_history_seen then p_history_owner end,
                history_through = p_history_through
            where i.instance_id = p_instance_id and i.current_execution_id = p_execution_id;
            v_started := found;
        end if;
        if not v_started then
            update instances i
            set current_execution_id = greatest(i.current_execution_id, p_execution_id), updated_at = p_now,
                history_owner = case when i.history_owner is not distinct from p_history_seen then p_history_owner end,
                history_through = p_history_through
            where i.instance_id = p_instance_id;
        end if;
    end if;

    if p_status is not null then
        insert into executions as e (instance_id, execution_id, status, output, started_at, completed_at)
        values (p_instance_id, p_execution_id, p_status, p_output, p_now, p_completed_at)
        on conflict (instance_id, execution_id) do update set
            status = excluded.status, output = excluded.output, completed_at = excluded.completed_at;
    elsif not v_started then
        insert into executions (instance_id, execution_id, status, started_at)
        values (p_instance_id, p_execution_id, 'Running', p_now)
        on conflict (instance_id, execution_id) do nothing;
    end if;

    -- unnest in the select list runs all arrays in step and keeps their order; in the from clause each is stored first.
    if p_event_ids is not null then
        insert into history (instance_id, execution_id, event_id, event_data, created_at)
        select p_instance_id, p_execution_id, unnest(p_event_ids), unnest(p_event_data), p_now;
    end if;

    if p_work_items is not null then
        insert into worker_queue (instance_id, execution_id, activity_id, work_item, visible_at, enqueued_at)
        select unnest(p_work_instances), unnest(p_work_executions), unnest(p_work_activities), unnest(p_work_items), p_now, p_now;
    end if;

    -- After the insert: a turn may schedule an activity and cancel it at once.
    if p_cancelled_activities is not null then
        delete from worker_queue w
        using unnest(p_cancelled_executions, p_cancelled_activities) as c (execution_id, activity_id)
        where w.instance_id = p_instance_id and w.execution_id = c.execution_id and w.activity_id = c.activity_id;
    end if;
end $$;
