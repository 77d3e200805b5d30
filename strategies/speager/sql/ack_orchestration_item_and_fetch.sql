select out_instance_id, out_attempt_count, out_message_ids, out_messages, out_known, out_name, out_version, out_execution_id,
       out_history, out_history_owner::text, out_history_through, out_visible_at,
       out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at, out_next
from ack_orchestration_item_and_fetch(
    $1, $2::uuid, $3::bigint[], $4, $5,
    $6, $7, $8,
    $9, $10, $11,
    $12::bigint[], $13::text[],
    $14::text[], $15::bigint[], $16::bigint[], $17::text[],
    $18::text[], $19::bigint[], $20::text[],
    $21::bigint[], $22::bigint[],
    $23::uuid, $24::uuid, $25,
    $26::uuid, $27, $28::uuid, $29, $30::int, $31::uuid, $32, $33)
