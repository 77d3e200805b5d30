-- Counts this attempt on those visible messages of an instance that an abandon delayed, and returns the highest count. The caller
-- has locked the instance and found such messages. Not called by clients.
create function count_attempts(p_instance_id text, p_now bigint) returns int language plpgsql as $$
declare
    v_attempts int;
begin
    with counted as (
        update orchestrator_queue q set attempt_count = q.attempt_count + 1
        where q.instance_id = p_instance_id and q.visible_at <= p_now and q.attempt_count > 0
        returning q.attempt_count)
    select max(c.attempt_count) into v_attempts from counted c;
    return v_attempts;
end $$;
