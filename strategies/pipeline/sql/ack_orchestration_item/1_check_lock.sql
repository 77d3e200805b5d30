-- Locks the row, or divides by zero: a flush cannot stop half-way, but an error takes all of it back.
select 1 / count(*) from (
    select from instance_locks where instance_id = $1 and lock_token = $2::uuid and visible_at > $3 for update) held
