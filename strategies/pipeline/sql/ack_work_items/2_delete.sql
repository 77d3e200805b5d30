-- After the completions were enqueued: the instances' rows are locked before the items'. Divides by zero unless all of the items
-- were there, which takes the completions back.
with gone as (
    delete from worker_queue w
    using (select unnest($1::bigint[]) as id, unnest($2::uuid[]) as token) k
    where w.id = k.id and w.lock_token = k.token and w.visible_at > $3
    returning 1
)
select 1 / (count(*) = cardinality($1::bigint[]))::int from gone
