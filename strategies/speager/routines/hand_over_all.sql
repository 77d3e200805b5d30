-- hand_over with up to p_turns turns, a row each; the last row has the work items instead, or p_next where there is no turn. Not
-- called by clients.
create function hand_over_all(
    p_now bigint, p_next bigint,
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
    v_commit text := current_setting('synchronous_commit');
    v_turns boolean := false;
begin
    if p_turn_token is not null then
        for out_instance_id, out_attempt_count, out_message_ids, out_messages,
            out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through, out_visible_at in
            select f.* from fetch_orchestration_items(p_turn_token, p_now, p_turn_until, p_turn_owner, p_turn_from, p_turns) f
        loop
            v_turns := true;
            return next;
        end loop;
    end if;
    if p_works > 0 then
        select f.* into out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at
        from fetch_work_items(p_work_token, p_now, p_work_until, p_works, p_work_from) f;
    end if;
    out_next := case when not v_turns then p_next end;
    if out_work_ids is not null or out_next is not null then
        out_instance_id := null;
        return next;
    end if;
    v_commit := set_config('synchronous_commit', v_commit, true); -- the fetches have lowered it
end $$;
