-- Those without a name only if they are there, and then with what they have. $9 are the owners of the histories that the fetch saw,
-- $7 and $8 are those that keep them now, and through which events. $10 are the instances of the events.
insert into instances as i (instance_id, orchestration_name, orchestration_version, current_execution_id,
                            parent_instance_id, created_at, updated_at, history_owner, history_through)
select k.instance_id, coalesce(k.name, o.orchestration_name), case when k.name is null then o.orchestration_version else k.version end,
       k.execution_id, k.parent, $6::bigint, $6::bigint, k.owner, k.through
from (select unnest(a.ids) as instance_id, unnest(a.executions) as execution_id, unnest(a.names) as name, unnest(a.versions) as version,
             unnest(a.parents) as parent, unnest(a.owners) as owner, unnest(a.throughs) as through, a.with_events
      from (select $1::text[] as ids, $2::bigint[] as executions, $3::text[] as names, $4::text[] as versions,
                   $5::text[] as parents, $7::uuid[] as owners, $8::bigint[] as throughs,
                   $10::text[] as with_events offset 0) a) k
left join lateral (select * from instances n where n.instance_id = k.instance_id limit 1) o on true
where k.name is not null
   -- A turn with events in the current execution says in them when it was, unless a history is kept.
   or o.instance_id is not null and not (o.current_execution_id = k.execution_id and o.history_owner is null and k.owner is null
                                         and coalesce(k.instance_id = any (k.with_events), false))
on conflict (instance_id) do update set
    orchestration_name = excluded.orchestration_name,
    orchestration_version = excluded.orchestration_version,
    current_execution_id = greatest(i.current_execution_id, excluded.current_execution_id),
    parent_instance_id = coalesce(i.parent_instance_id, excluded.parent_instance_id),
    updated_at = excluded.updated_at,
    history_owner = case when i.history_owner is not distinct from ($9::uuid[])[array_position($1::text[], i.instance_id)]
                         then excluded.history_owner end,
    history_through = excluded.history_through
