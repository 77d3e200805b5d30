create function ack_work_item_and_fetch(
    p_id bigint, p_token uuid, p_now bigint, p_instance_id text, p_visible_at bigint, p_completion text,
    p_turn_token uuid, p_turn_until bigint, p_turn_owner uuid, p_works int, p_work_token uuid, p_work_until bigint,
    out out_instance_id text, out out_attempt_count int, out out_message_ids bigint[], out out_messages text[],
    out out_known boolean, out out_name text, out out_version text, out out_execution_id bigint, out out_history text[],
    out out_history_owner uuid, out out_history_through bigint,
    out out_work_ids bigint[], out out_work_items text[], out out_work_attempts int[])
language plpgsql as $$
begin
    perform ack_work_item(p_id, p_token, p_now, p_instance_id, p_visible_at, p_completion);
    select h.* into out_instance_id, out_attempt_count, out_message_ids, out_messages,
        out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through,
        out_work_ids, out_work_items, out_work_attempts
    from hand_over(p_now, p_turn_token, p_turn_until, p_turn_owner, p_works, p_work_token, p_work_until) h;
end $$;
