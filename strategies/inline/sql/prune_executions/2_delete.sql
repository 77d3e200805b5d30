-- Never the current execution, never one that is running. One that continued as new ended when its successor started.
with ranked as (
    select e.instance_id, e.execution_id, e.status, e.execution_id = i.current_execution_id as is_current,
           coalesce(e.completed_at, lead(e.started_at) over w) as ended_at,
           row_number() over (partition by e.instance_id order by e.execution_id desc) as newest
    from executions e join instances i using (instance_id)
    where e.instance_id = any ($1::text[])
    window w as (partition by e.instance_id order by e.execution_id)
), doomed as (
    select instance_id, execution_id from ranked
    where not is_current and status <> 'Running'
      and newest > $2
      and ($3::bigint is null or ended_at < $3::bigint)
), events as (
    delete from history h using doomed d
    where h.instance_id = d.instance_id and h.execution_id = d.execution_id
    returning 1
), gone as (
    delete from executions e using doomed d
    where e.instance_id = d.instance_id and e.execution_id = d.execution_id
    returning 1
)
select (select count(*) from gone), (select count(*) from events)
