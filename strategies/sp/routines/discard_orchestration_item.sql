create function discard_orchestration_item(p_instance_id text, p_token uuid, p_message_ids bigint[], p_now bigint)
returns void language plpgsql as $$
begin
    perform take_turn(p_instance_id, p_token, p_message_ids, p_now);
end $$;
