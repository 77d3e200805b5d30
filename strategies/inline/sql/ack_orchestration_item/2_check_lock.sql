-- Locks the row, so that of two acks with one token one fails, and tells whether messages other than the turn's wait.
-- dirty is read on the newest version of the row: it knows of messages that this statement's snapshot misses. A few ids are
-- compared with each message; many are counted.
select dirty or case when cardinality($3::bigint[]) <= 8
    then exists (select from orchestrator_queue where instance_id = $1 and id <> all ($3::bigint[]))
    else (select count(*) from orchestrator_queue where instance_id = $1) > cardinality($3::bigint[]) end
from instance_locks
where instance_id = $1 and lock_token = $2::uuid and visible_at > $4
for update
