insert into executions (instance_id, execution_id, status, output, started_at, completed_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (instance_id, execution_id) do update set
    status = excluded.status, output = excluded.output, completed_at = excluded.completed_at
