-- A row for each lock that is held. They are locked one by one in the order that is given, so that two calls cannot deadlock, and so
-- that of two acks with one token one fails. offset 0 hides the arrays' length from the planner: a plan for each length would be made
-- anew for each call.
select h.held
from (select unnest(a.ids) as instance_id, unnest(a.tokens) as token from (select $1::text[] as ids, $2::uuid[] as tokens offset 0) a) k
cross join lateral (
    select true as held from instance_locks l
    where l.instance_id = k.instance_id and l.lock_token = k.token and l.visible_at > $3
    limit 1
    for update) h
