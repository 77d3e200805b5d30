-- Found one by one: a join could read all of a queue that seemed small when it was planned.
delete from orchestrator_queue
where ctid = any (array(
    select o.ctid
    from (select unnest(a.instances) as instance_id, unnest(a.ids) as id
          from (select $1::text[] as instances, $2::bigint[] as ids offset 0) a) k
    cross join lateral (select q.ctid from orchestrator_queue q where q.instance_id = k.instance_id and q.id = k.id limit 1) o))
