-- Ended roots, oldest first.
select i.instance_id from instances i
join executions e on e.instance_id = i.instance_id and e.execution_id = i.current_execution_id
where not exists (select from instances p where p.instance_id = i.parent_instance_id) and e.status in ('Completed', 'Failed')
  and ($1::text[] is null or i.instance_id = any ($1::text[]))
  and ($2::bigint is null or e.completed_at < $2::bigint)
order by e.completed_at, i.instance_id
limit $3
