select orchestration_name, orchestration_version, current_execution_id, history_owner::text, history_through
from instances where instance_id = $1
