select out_instance_id, out_attempt_count, out_message_ids, out_messages, out_known, out_name, out_version, out_execution_id,
       out_history, out_history_owner::text, out_history_through, out_visible_at,
       out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at, out_next
from ack_work_items_and_fetch($1::bigint[], $2::uuid[], $3, $4::text[], $5::bigint[], $6::text[],
    $7::int, $8::uuid, $9, $10::uuid, $11, $12::int, $13::uuid, $14, $15)
