select out_instance_id, out_attempt_count, out_message_ids, out_messages, out_known, out_name, out_version, out_execution_id,
       out_history, out_history_owner::text, out_history_through, out_visible_at
from fetch_orchestration_items($1::uuid, $2, $3, $4::uuid, $5, $6)
