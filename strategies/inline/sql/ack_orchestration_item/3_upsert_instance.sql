insert into instances as i (instance_id, orchestration_name, orchestration_version, current_execution_id,
                            parent_instance_id, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $6)
on conflict (instance_id) do update set
    orchestration_name = excluded.orchestration_name,
    orchestration_version = excluded.orchestration_version,
    current_execution_id = greatest(i.current_execution_id, excluded.current_execution_id),
    parent_instance_id = coalesce(i.parent_instance_id, excluded.parent_instance_id),
    updated_at = excluded.updated_at
