-- Of the turns that give no status.
insert into executions (instance_id, execution_id, status, started_at)
select k.instance_id, k.execution_id, 'Running', $4::bigint
from (select unnest($1::text[]) as instance_id, unnest($2::bigint[]) as execution_id, unnest($3::text[]) as status) k
where k.status is null
on conflict (instance_id, execution_id) do nothing
