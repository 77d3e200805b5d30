-- Messages that get a time of their own get an attempt count of their own: they may come back without their companions.
update orchestrator_queue
set visible_at = $3,
    attempt_count = greatest(0, case when attempt_count > 0 then attempt_count else $4::int end - $5::int)
where instance_id = $1 and id = any ($2::bigint[])
