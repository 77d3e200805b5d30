-- ack_work_items, and then hand_over.
-- out_next, where a turn was wanted and none was looked for: when an instance can be fetched.
create function ack_work_items_and_fetch(
    p_ids bigint[], p_tokens uuid[], p_now bigint, p_instance_ids text[], p_visible_at bigint[], p_completions text[],
    p_turn_token uuid, p_turn_until bigint, p_turn_owner uuid, p_turn_from bigint,
    p_works int, p_work_token uuid, p_work_until bigint, p_work_from bigint,
    out out_instance_id text, out out_attempt_count int, out out_message_ids bigint[], out out_messages text[],
    out out_known boolean, out out_name text, out out_version text, out out_execution_id bigint, out out_history text[],
    out out_history_owner uuid, out out_history_through bigint, out out_visible_at bigint,
    out out_work_ids bigint[], out out_work_items text[], out out_work_attempts int[], out out_work_enqueued_at bigint[],
    out out_next bigint)
language plpgsql as $$
begin
    if ack_work_items(p_ids, p_tokens, p_now, p_instance_ids, p_visible_at, p_completions) is null then
    end if;
    if p_turn_token is not null and current_setting('transaction_isolation') <> 'read committed' then
        p_turn_token := null;
        out_next := p_now;
    end if;
    select h.* into out_instance_id, out_attempt_count, out_message_ids, out_messages,
        out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through, out_visible_at,
        out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at
    from hand_over(p_now, p_turn_token, p_turn_until, p_turn_owner, p_turn_from, p_works, p_work_token, p_work_until, p_work_from) h;
end $$;
