-- An expired lock is good enough, as long as nobody has taken it over.
select 1 / count(*) from (
    select from instance_locks where instance_id = $1 and lock_token = $2::uuid for update) held
