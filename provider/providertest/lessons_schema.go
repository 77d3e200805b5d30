package providertest

import (
	"errors"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/migrations"
	"pgbench-provider/provider"
)

var lessonsSchema = []Rule{
	{Name: "six_tables_exist", test: schemaInitialization},
	{Name: "concurrent_startup_of_six", test: concurrentStartupOfSix},
	{Name: "migrating_again_changes_nothing", test: migratingAgain},
	{Name: "stale_cached_plan_recovers", test: staleCachedPlanRecovers},
	{Name: "another_process_continues", test: anotherProcessContinues},
}

func concurrentStartupOfSix(s *trial) {
	s.pool.Reset()
	s.must(migrations.Drop(s.ctx, s.Conn()))
	const starters = 6
	var conns [starters]*pgx.Conn
	for i := range conns {
		conn, done := s.session()
		defer done()
		conns[i] = conn
	}
	errs := together(starters, func(i int) error { return migrations.Apply(s.ctx, conns[i], s.strategy) })
	s.must(errors.Join(errs...))
	status, err := migrations.Status(s.ctx, s.Conn())
	s.must(err)
	for _, m := range status {
		if m.AppliedAt.IsZero() {
			s.Errorf("migration %d was not applied", m.Version)
		}
	}
	equal(s, "migrations noted", s.count("select count(*) from pgbench_provider_migrations"), int64(len(status)))
	s.create("a")
}

// catalogue gives what the schema consists of, with the identity of each thing.
const catalogue = `
select coalesce(string_agg(x, E'\n' order by x), '') from (
    select oid || ' ' || proname from pg_proc where pronamespace = current_schema()::regnamespace
    union all
    select oid || ' ' || relname from pg_class where relnamespace = current_schema()::regnamespace) t (x)`

func migratingAgain(s *trial) {
	s.create("a")
	things := func() (list string) {
		s.must(s.Conn().QueryRow(s.ctx, catalogue).Scan(&list))
		return list
	}
	before, contents := things(), s.contents()
	s.must(migrations.Apply(s.ctx, s.Conn(), s.strategy))
	equal(s, "schema", things(), before)
	equal(s, "contents", s.contents(), contents)
}

// reinstall drops the routines of the strategy, if it has any, and has them created again.
func (s *trial) reinstall() {
	s.Helper()
	rows, err := s.Conn().Query(s.ctx, `select 'drop function ' || p.oid::regprocedure::text from pg_proc p
		where p.pronamespace = current_schema()::regnamespace and obj_description(p.oid, 'pg_proc') like 'pgbench-provider %'`)
	s.must(err)
	drops, err := pgx.CollectRows(rows, pgx.RowTo[string])
	s.must(err)
	for _, d := range drops {
		s.exec(d)
	}
	s.must(migrations.Apply(s.ctx, s.Conn(), s.strategy))
}

// A rolling upgrade changes routines and columns under connections that have cached plans for them. Fetch and ack repeat
// themselves; any other operation may fail once, retryably, on each connection.
func staleCachedPlanRecovers(s *trial) {
	defer func() { s.must(s.rebuild(s.ctx)) }()
	s.running(2, 3)
	everything := func() {
		s.Helper()
		s.enqueue(external("a", "x"))
		s.turn(bare)
		s.must(s.Provider.AckWorkItem(s.ctx, s.fetchWork().LockToken, nil))
	}
	read := func() error {
		return errors.Join(second(s.Provider.ReadHistory(s.ctx, "a")), second(s.Provider.ReadExecution(s.ctx, "a", 1)))
	}
	everything()
	s.must(read())
	s.reinstall()
	s.exec("alter table history alter column event_data type varchar")
	s.exec("alter table worker_queue alter column work_item type varchar")
	everything()
	for range 2 {
		if err := read(); err != nil && !provider.IsRetryable(err) {
			s.Fatalf("read with a stale plan: %v", err)
		}
	}
	s.must(read())
}

// All state is in the database: a provider that shares nothing but the schema takes over in the middle.
func anotherProcessContinues(s *trial) {
	s.running(2)
	s.enqueue(external("a", "x"))
	item, w := s.fetch(), s.fetchWork()
	p, done, err := s.Reopen(s.ctx)
	s.must(err)
	defer done()
	_, err = p.FetchOrchestrationItem(s.ctx, lockTimeout)
	s.fetchedNothing(err)
	s.must(p.AckWorkItem(s.ctx, w.LockToken, completed("a", 2)))
	s.must(p.AckOrchestrationItem(s.ctx, item.LockToken, provider.OrchestrationAck{ExecutionID: 1, History: events(scheduled(2))}))
	equal(s, "messages", s.fetch().Messages, messages(completed("a", 2)))
}
