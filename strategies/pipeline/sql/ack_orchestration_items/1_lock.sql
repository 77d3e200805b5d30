-- Locks the rows one by one in the order that is given, so that two calls cannot deadlock, or divides by zero unless all of the locks
-- are held. offset 0 hides the arrays' length from the planner: a plan for each length would be made anew for each call.
select 1 / (count(*) = cardinality($1::text[]))::int
from (select unnest(a.ids) as instance_id, unnest(a.tokens) as token from (select $1::text[] as ids, $2::uuid[] as tokens offset 0) a) k
cross join lateral (
    select true as held from instance_locks l
    where l.instance_id = k.instance_id and l.lock_token = k.token and l.visible_at > $3
    limit 1
    for update) h
