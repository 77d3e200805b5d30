package providertest_test

import (
	"regexp"
	"strings"
	"testing"

	"pgbench-provider/provider/providertest"
)

// catalogue lists the tests that every implementation of the contract has: 9 basic, 45 validation, and of the newer ones
// those about removal.
var catalogue = map[string]string{
	"deletion": `test_delete_terminal_instances test_delete_running_rejected_force_succeeds test_delete_nonexistent_instance
		test_delete_cleans_queues_and_locks test_cascade_delete_hierarchy test_force_delete_prevents_ack_recreation
		test_list_children test_delete_get_parent_id test_delete_get_instance_tree test_delete_instances_atomic
		test_delete_instances_atomic_force test_delete_instances_atomic_orphan_detection
		test_stale_activity_after_delete_recreate`,
	"bulk_deletion": `test_delete_instance_bulk_filter_combinations test_delete_instance_bulk_safety_and_limits
		test_delete_instance_bulk_completed_before_filter test_delete_instance_bulk_cascades_to_children`,
	"prune": `test_prune_options_combinations test_prune_safety test_prune_bulk test_prune_bulk_includes_running_instances`,
	"basic": `test_provider_creation test_provider_creation_default_schema test_schema_initialization
		test_read_empty_instance test_enqueue_for_orchestrator test_enqueue_and_dequeue_worker
		test_fetch_orchestration_item_empty_queue test_management_capability test_list_instances_and_executions`,
	"atomicity": `test_atomicity_failure_rollback test_multi_operation_atomic_ack
		test_lock_released_only_on_successful_ack test_concurrent_ack_prevention`,
	"error_handling": `test_invalid_lock_token_on_ack test_duplicate_event_id_rejection test_missing_instance_metadata
		test_corrupted_serialization_data test_lock_expiration_during_ack`,
	"instance_creation": `test_instance_creation_via_metadata test_no_instance_creation_on_enqueue
		test_null_version_handling test_sub_orchestration_instance_creation`,
	"instance_locking": `test_exclusive_instance_lock test_lock_token_uniqueness test_invalid_lock_token_rejection
		test_concurrent_instance_fetching test_completions_arriving_during_lock_blocked
		test_cross_instance_lock_isolation test_message_tagging_during_lock test_ack_only_affects_locked_messages
		test_multi_threaded_lock_contention test_multi_threaded_no_duplicate_processing
		test_multi_threaded_lock_expiration_recovery`,
	"lock_expiration": `test_lock_expires_after_timeout test_abandon_releases_lock_immediately test_lock_renewal_on_ack
		test_concurrent_lock_attempts_respect_expiration`,
	"multi_execution": `test_execution_isolation test_latest_execution_detection test_execution_id_sequencing
		test_continue_as_new_creates_new_execution test_execution_history_persistence`,
	"queue_semantics": `test_worker_queue_fifo_ordering test_worker_peek_lock_semantics test_worker_ack_atomicity
		test_timer_delayed_visibility test_lost_lock_token_handling`,
	"management": `test_list_instances test_list_instances_by_status test_list_executions test_get_instance_info
		test_get_execution_info test_get_system_metrics test_get_queue_depths`,
}

func TestRulesHoldTheCatalogue(t *testing.T) {
	t.Parallel()
	snake := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	have := map[string]bool{}
	for _, r := range providertest.Rules() {
		name := r.Family + "/" + r.Name
		if have[name] {
			t.Errorf("%s is there twice", name)
		}
		if !snake.MatchString(r.Family) || !snake.MatchString(r.Name) {
			t.Errorf("%s is not snake_case", name)
		}
		have[name] = true
	}
	total := 0
	for family, names := range catalogue {
		for _, name := range strings.Fields(names) {
			total++
			if !have[family+"/"+name] {
				t.Errorf("%s/%s is missing", family, name)
			}
		}
	}
	if want := 9 + 45 + 13 + 4 + 4; total != want {
		t.Errorf("the catalogue lists %d tests, want %d", total, want)
	}
}
