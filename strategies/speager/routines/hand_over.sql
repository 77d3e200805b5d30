-- What immediate fetches would give: a turn unless p_turn_token is null, and up to p_works work items, all under one
-- token. Null and empty where nothing is fetchable. Not called by clients.
-- Callers ask for no turn unless each statement sees what is committed: a snapshot of the whole transaction may be older than the last
-- turn of the instance for which they insert a message, and lack its events. They say in out_next when to look for it instead.
-- The caller's transaction commits as durably as it would without: the fetches' own setting ends with this function.
create function hand_over(
    p_now bigint, p_turn_token uuid, p_turn_until bigint, p_turn_owner uuid, p_turn_from bigint,
    p_works int, p_work_token uuid, p_work_until bigint, p_work_from bigint,
    out out_instance_id text, out out_attempt_count int, out out_message_ids bigint[], out out_messages text[],
    out out_known boolean, out out_name text, out out_version text, out out_execution_id bigint, out out_history text[],
    out out_history_owner uuid, out out_history_through bigint, out out_visible_at bigint,
    out out_work_ids bigint[], out out_work_items text[], out out_work_attempts int[], out out_work_enqueued_at bigint[])
language plpgsql set synchronous_commit = off as $$
begin
    if p_turn_token is not null then
        select f.* into out_instance_id, out_attempt_count, out_message_ids, out_messages,
            out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through, out_visible_at
        from fetch_orchestration_item(p_turn_token, p_now, p_turn_until, p_turn_owner, p_turn_from) f;
    end if;
    if p_works = 1 then
        select array[f.out_id], array[f.out_item], array[f.out_attempt_count], array[f.out_enqueued_at]
        into out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at
        from fetch_work_item(p_work_token, p_now, p_work_until, p_work_from) f where f.out_id is not null;
    elsif p_works > 1 then
        select f.* into out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at
        from fetch_work_items(p_work_token, p_now, p_work_until, p_works, p_work_from) f;
    end if;
end $$;
