-- $1 null lists all.
select i.instance_id from instances i
where $1::text is null
   or $1::text = (select e.status from executions e
                  where e.instance_id = i.instance_id and e.execution_id = i.current_execution_id)
order by i.created_at desc, i.instance_id
