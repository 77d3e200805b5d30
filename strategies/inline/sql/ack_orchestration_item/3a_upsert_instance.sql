-- $7 is the owner of the history that the fetch saw, $8 and $9 are the one that keeps it now, and through which event.
insert into instances as i (instance_id, orchestration_name, orchestration_version, current_execution_id,
                            parent_instance_id, created_at, updated_at, history_owner, history_through)
values ($1, $2, $3, $4, $5, $6, $6, $8::uuid, $9)
on conflict (instance_id) do update set
    orchestration_name = excluded.orchestration_name,
    orchestration_version = excluded.orchestration_version,
    current_execution_id = greatest(i.current_execution_id, excluded.current_execution_id),
    parent_instance_id = coalesce(i.parent_instance_id, excluded.parent_instance_id),
    updated_at = excluded.updated_at,
    history_owner = case when i.history_owner is not distinct from $7::uuid then excluded.history_owner end,
    history_through = excluded.history_through
