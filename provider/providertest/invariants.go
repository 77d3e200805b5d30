package providertest

import "github.com/jackc/pgx/v5"

// violations finds rows that no sequence of operations may leave behind, one line each.
const violations = `
select 'messages without a row in instance_locks: ' || q.instance_id
from orchestrator_queue q where not exists (select from instance_locks l where l.instance_id = q.instance_id)
union all
select 'a row in instance_locks without messages: ' || l.instance_id
from instance_locks l where not exists (select from orchestrator_queue q where q.instance_id = l.instance_id)
union all
select format('free instance %s shows (%s, %s), its earliest message is (%s, %s)',
              l.instance_id, l.visible_at, l.head_id, m.visible_at, m.id)
from instance_locks l,
     lateral (select q.visible_at, q.id from orchestrator_queue q where q.instance_id = l.instance_id
              order by q.visible_at, q.id limit 1) m
where l.lock_token is null and (l.visible_at, l.head_id) <> (m.visible_at, m.id)
union all
select format('instance %s is held without an attempt', instance_id)
from instance_locks where lock_token is not null and attempt_count < 1
union all
select format('work item %s is held without an attempt', id)
from worker_queue where lock_token is not null and attempt_count < 1
union all
select 'a negative attempt count' where exists (
    select from instance_locks where attempt_count < 0 union all
    select from orchestrator_queue where attempt_count < 0 union all
    select from worker_queue where attempt_count < 0)
union all
select format('token %s twice', token) from ( -- what was fetched together shares one
    select distinct lock_token as token from instance_locks union all select distinct lock_token from worker_queue) t
where token is not null group by token having count(*) > 1
union all
select format('work item %s is visible before it was enqueued', id) from worker_queue where visible_at < enqueued_at
union all
select format('execution %s/%s is %s, completed_at %s', instance_id, execution_id, status, completed_at)
from executions where (status in ('Completed', 'Failed')) <> (completed_at is not null)
union all
select format('instance %s is at execution %s, which has no row', instance_id, current_execution_id)
from instances i where not exists (
    select from executions e where e.instance_id = i.instance_id and e.execution_id = i.current_execution_id)`

// CheckInvariants reports every violation of what must hold between any two transactions.
func (h *Harness) CheckInvariants(t T) {
	t.Helper()
	rows, err := h.raw.Query(t.Context(), violations)
	if err == nil {
		var found []string
		found, err = pgx.CollectRows(rows, pgx.RowTo[string])
		for _, f := range found {
			t.Errorf("invariant: %s", f)
		}
	}
	if err != nil {
		t.Errorf("invariants: %v", err)
	}
}
