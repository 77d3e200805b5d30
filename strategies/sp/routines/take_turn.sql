-- Ends the lock of a turn and removes its messages, or raises PB001 when the lock is not held any more. The row stays
-- locked until commit, so that of two acks with one token one fails. Not called by clients.
create function take_turn(p_instance_id text, p_token uuid, p_message_ids bigint[], p_now bigint)
returns void language plpgsql as $$
begin
    -- Most turns leave nothing behind: one statement checks, locks and releases. dirty is read on the newest version of
    -- the row, so a message that this statement's snapshot misses is not.
    delete from instance_locks l
    where l.instance_id = p_instance_id and l.lock_token = p_token and l.visible_at > p_now and not l.dirty
      and not exists (select from orchestrator_queue q
                      where q.instance_id = p_instance_id and q.id <> all (p_message_ids));
    if not found then
        perform from instance_locks l
        where l.instance_id = p_instance_id and l.lock_token = p_token and l.visible_at > p_now
        for update;
        if not found then
            raise exception 'lock token is not held' using errcode = 'PB001';
        end if;
        perform release_instance(p_instance_id, p_message_ids);
    end if;

    delete from orchestrator_queue q where q.instance_id = p_instance_id and q.id = any (p_message_ids);
end $$;
