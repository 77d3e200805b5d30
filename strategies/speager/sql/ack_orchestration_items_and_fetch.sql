select out_instance_id, out_attempt_count, out_message_ids, out_messages, out_known, out_name, out_version, out_execution_id,
       out_history, out_history_owner::text, out_history_through, out_visible_at,
       out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at, out_next
from ack_orchestration_items_and_fetch(
    $1::text[], $2::uuid[], $3, $4::bigint[],
    $5::text[], $6::bigint[],
    $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::bigint[],
    $13::text[], $14::bigint[], $15::bigint[], $16::text[],
    $17::text[], $18::bigint[], $19::bigint[], $20::text[],
    $21::uuid[], $22::uuid[], $23::bigint[],
    $24::int, $25::uuid, $26, $27::uuid, $28, $29::int, $30::uuid, $31, $32)
