-- Deletes a work item and enqueues its completion; p_completion null only deletes. The instance's row is locked before
-- the item's, as a turn that cancels the item does it.
create function ack_work_item(
    p_id bigint, p_token uuid, p_now bigint, p_instance_id text, p_visible_at bigint, p_completion text)
returns void language plpgsql as $$
declare
    v_id bigint;
begin
    if p_completion is not null then
        v_id := enqueue_orchestrator_item(p_instance_id, p_visible_at, p_completion);
    end if;
    delete from worker_queue w where w.id = p_id and w.lock_token = p_token and w.visible_at > p_now;
    if not found then
        raise exception 'lock token is not held' using errcode = 'PB001';
    end if;
end $$;
