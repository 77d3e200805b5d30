create function append_history(
    p_instance_id text, p_execution_id bigint, p_now bigint,
    p_event_ids bigint[], p_event_data text[])
returns void language plpgsql as $$
begin
    insert into history (instance_id, execution_id, event_id, event_data, created_at)
    select p_instance_id, p_execution_id, unnest(p_event_ids), unnest(p_event_data), p_now
    on conflict (instance_id, execution_id, event_id) do nothing;
    -- Whoever keeps the history has to read it again.
    update instances i set history_owner = gen_random_uuid() where i.instance_id = p_instance_id;
end $$;
