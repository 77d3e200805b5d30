-- Releases an instance whose row in instance_locks the caller has locked. Its messages decide when it may be fetched again;
-- without any its row goes. Not called by clients.
create function release_instance(p_instance_id text) returns void language plpgsql as $$
begin
    update instance_locks l
    set visible_at = m.visible_at, head_id = m.id, lock_token = null, attempt_count = 0, dirty = true
    from (select q.visible_at, q.id from orchestrator_queue q
          where q.instance_id = p_instance_id
          order by q.visible_at, q.id limit 1) m
    where l.instance_id = p_instance_id;
    if not found then
        delete from instance_locks l where l.instance_id = p_instance_id;
    end if;
end $$;
