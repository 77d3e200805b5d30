insert into executions (instance_id, execution_id, status, started_at) values ($1, $2, 'Running', $3)
on conflict (instance_id, execution_id) do nothing
