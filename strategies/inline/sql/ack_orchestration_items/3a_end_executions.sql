-- Of the turns that give a status.
insert into executions (instance_id, execution_id, status, output, started_at, completed_at)
select k.instance_id, k.execution_id, k.status, k.output, $6::bigint, k.completed_at
from (select unnest($1::text[]) as instance_id, unnest($2::bigint[]) as execution_id, unnest($3::text[]) as status,
             unnest($4::text[]) as output, unnest($5::bigint[]) as completed_at) k
where k.status is not null
on conflict (instance_id, execution_id) do update set
    status = excluded.status, output = excluded.output, completed_at = excluded.completed_at
