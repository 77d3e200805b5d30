-- Releases an instance whose row in instance_locks the caller has locked. Messages other than p_done decide when it may
-- be fetched again; without any its row goes. Not called by clients.
create function release_instance(p_instance_id text, p_done bigint[]) returns void language plpgsql as $$
declare
    v_id bigint;
    v_visible_at bigint;
begin
    select q.id, q.visible_at into v_id, v_visible_at from orchestrator_queue q
    where q.instance_id = p_instance_id and q.id <> all (p_done)
    order by q.visible_at, q.id limit 1;
    if found then
        update instance_locks l
        set visible_at = v_visible_at, head_id = v_id, lock_token = null, attempt_count = 0, dirty = true
        where l.instance_id = p_instance_id;
    else
        delete from instance_locks l where l.instance_id = p_instance_id;
    end if;
end $$;
