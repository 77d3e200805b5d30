create function ack_orchestration_item_and_fetch(
    p_instance_id text, p_token uuid, p_message_ids bigint[], p_now bigint, p_execution_id bigint,
    p_name text, p_version text, p_parent text,
    p_status text, p_output text, p_completed_at bigint,
    p_event_ids bigint[], p_event_types text[], p_event_data text[],
    p_work_instances text[], p_work_executions bigint[], p_work_activities bigint[], p_work_items text[],
    p_message_instances text[], p_message_visible_at bigint[], p_message_items text[],
    p_cancelled_executions bigint[], p_cancelled_activities bigint[],
    p_history_seen uuid, p_history_owner uuid, p_history_through bigint,
    p_turn_token uuid, p_turn_until bigint, p_turn_owner uuid, p_works int, p_work_token uuid, p_work_until bigint,
    out out_instance_id text, out out_attempt_count int, out out_message_ids bigint[], out out_messages text[],
    out out_known boolean, out out_name text, out out_version text, out out_execution_id bigint, out out_history text[],
    out out_history_owner uuid, out out_history_through bigint,
    out out_work_ids bigint[], out out_work_items text[], out out_work_attempts int[])
language plpgsql as $$
begin
    perform ack_orchestration_item(
        p_instance_id, p_token, p_message_ids, p_now, p_execution_id,
        p_name, p_version, p_parent,
        p_status, p_output, p_completed_at,
        p_event_ids, p_event_types, p_event_data,
        p_work_instances, p_work_executions, p_work_activities, p_work_items,
        p_message_instances, p_message_visible_at, p_message_items,
        p_cancelled_executions, p_cancelled_activities,
        p_history_seen, p_history_owner, p_history_through);
    select h.* into out_instance_id, out_attempt_count, out_message_ids, out_messages,
        out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through,
        out_work_ids, out_work_items, out_work_attempts
    from hand_over(p_now, p_turn_token, p_turn_until, p_turn_owner, p_works, p_work_token, p_work_until) h;
end $$;
