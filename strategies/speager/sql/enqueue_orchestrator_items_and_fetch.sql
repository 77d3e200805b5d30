select out_instance_id, out_attempt_count, out_message_ids, out_messages, out_known, out_name, out_version, out_execution_id,
       out_history, out_history_owner::text, out_history_through, out_visible_at,
       out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at, out_next
from enqueue_orchestrator_items_and_fetch($1::text[], $2::bigint[], $3::text[], $4,
    $5::int, $6::uuid, $7, $8::uuid, $9, $10::int, $11::uuid, $12, $13)
