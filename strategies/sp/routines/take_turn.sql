-- Ends the lock of a turn and removes its messages, or returns false when the lock is not held any more. The row stays
-- locked until commit, so that of two acks with one token one fails. Not called by clients.
create function take_turn(p_instance_id text, p_token uuid, p_message_ids bigint[], p_now bigint)
returns boolean language plpgsql as $$
declare
    v_free boolean := false;
begin
    -- Most turns leave nothing behind: one statement checks, locks and releases. dirty is read on the newest version of
    -- the row, so a message that this statement's snapshot misses is not. Each message is compared with each id, hence
    -- the limit.
    if cardinality(p_message_ids) <= 8 then
        delete from instance_locks l
        where l.instance_id = p_instance_id and l.lock_token = p_token and l.visible_at > p_now and not l.dirty
          and not exists (select from orchestrator_queue q
                          where q.instance_id = p_instance_id and q.id <> all (p_message_ids));
        v_free := found;
    end if;
    if not v_free then
        perform from instance_locks l
        where l.instance_id = p_instance_id and l.lock_token = p_token and l.visible_at > p_now
        for update;
        if not found then
            return false;
        end if;
    end if;

    delete from orchestrator_queue q where q.instance_id = p_instance_id and q.id = any (p_message_ids);
    if not v_free then
        perform release_instance(p_instance_id);
    end if;
    return true;
end $$;
