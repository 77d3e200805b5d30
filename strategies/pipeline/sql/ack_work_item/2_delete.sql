-- After the completion was enqueued: the instance's row is locked before the item's. Divides by zero when there is no such
-- item, which takes the completion back.
with gone as (
    delete from worker_queue where id = $1 and lock_token = $2::uuid and visible_at > $3 returning 1
)
select 1 / count(*) from gone
