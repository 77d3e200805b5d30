-- Gives a turn back, with an expired lock too. p_visible_at null leaves the messages visible as they were. Messages that
-- get a time of their own get an attempt count of their own: they may come back without their companions.
create function abandon_orchestration_item(
    p_instance_id text, p_token uuid, p_message_ids bigint[], p_visible_at bigint, p_ignore_attempt boolean)
returns void language plpgsql as $$
declare
    v_attempts int;
    v_undo int := case when p_ignore_attempt then 1 else 0 end;
begin
    select l.attempt_count into v_attempts from instance_locks l
    where l.instance_id = p_instance_id and l.lock_token = p_token
    for update;
    if not found then
        raise exception 'lock token is not held' using errcode = 'PB001';
    end if;

    if p_visible_at is not null then
        update orchestrator_queue q
        set visible_at = p_visible_at,
            attempt_count = greatest(0, case when q.attempt_count > 0 then q.attempt_count else v_attempts end - v_undo)
        where q.instance_id = p_instance_id and q.id = any (p_message_ids);
        v_attempts := 0;
    elsif p_ignore_attempt then
        update orchestrator_queue q set attempt_count = q.attempt_count - 1
        where q.instance_id = p_instance_id and q.id = any (p_message_ids) and q.attempt_count > 0;
        v_attempts := greatest(0, v_attempts - 1);
    end if;

    perform release_instance(p_instance_id);
    update instance_locks l set attempt_count = v_attempts where l.instance_id = p_instance_id and v_attempts > 0;
end $$;
