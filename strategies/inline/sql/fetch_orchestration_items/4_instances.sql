select instance_id, orchestration_name, orchestration_version, current_execution_id, history_owner::text, history_through
from instances where instance_id = any (array(select unnest($1::text[])))
