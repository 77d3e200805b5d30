-- send_messages, and then hand_over_all.
-- out_next, where a turn was wanted and none was looked for: when an instance can be fetched.
create function enqueue_orchestrator_items_and_fetch(
    p_instance_ids text[], p_visible_at bigint[], p_items text[], p_now bigint,
    p_turns int, p_turn_token uuid, p_turn_until bigint, p_turn_owner uuid, p_turn_from bigint,
    p_works int, p_work_token uuid, p_work_until bigint, p_work_from bigint)
returns table (
    out_instance_id text, out_attempt_count int, out_message_ids bigint[], out_messages text[],
    out_known boolean, out_name text, out_version text, out_execution_id bigint, out_history text[],
    out_history_owner uuid, out_history_through bigint, out_visible_at bigint,
    out_work_ids bigint[], out_work_items text[], out_work_attempts int[], out_work_enqueued_at bigint[],
    out_next bigint)
language plpgsql as $$
declare
    v_locked bigint := send_messages(p_instance_ids, p_visible_at, p_items, '', false);
    v_next bigint;
begin
    if p_turn_token is not null and current_setting('transaction_isolation') <> 'read committed' then
        p_turn_token := null;
        v_next := (select min(v) from unnest(p_visible_at) v);
    end if;
    return query select h.* from hand_over_all(p_now, v_next, p_turns, p_turn_token, p_turn_until, p_turn_owner, p_turn_from,
                                               p_works, p_work_token, p_work_until, p_work_from) h;
end $$;
