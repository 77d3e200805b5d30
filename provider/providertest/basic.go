package providertest

import (
	"crypto/rand"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/migrations"
	"pgbench-provider/provider"
)

var basic = []Rule{
	{Name: "test_provider_creation", test: providerCreation},
	{Name: "test_provider_creation_default_schema", test: providerCreationDefaultSchema, Privileged: true},
	{Name: "test_schema_initialization", test: schemaInitialization},
	{Name: "test_read_empty_instance", test: readEmptyInstance},
	{Name: "test_enqueue_for_orchestrator", test: enqueueForOrchestrator},
	{Name: "test_enqueue_and_dequeue_worker", test: enqueueAndDequeueWorker},
	{Name: "test_fetch_orchestration_item_empty_queue", test: fetchEmptyQueue},
	{Name: "test_management_capability", test: managementCapability},
	{Name: "test_list_instances_and_executions", test: listInstancesAndExecutions},
}

func providerCreation(s *trial) {
	equal(s, "schemas", s.count("select count(*) from pg_namespace where nspname = current_schema()"), 1)
	equal(s, "strategy", s.Provider.Strategy().Name(), s.strategy.Name())
	_, err := provider.New(provider.Config{Strategy: s.strategy})
	s.fails("no pool", err, provider.ErrInvalid)
	_, err = provider.New(provider.Config{Pool: s.pool})
	s.fails("no strategy", err, provider.ErrInvalid)
}

// A database of its own, since nothing else may use its public schema meanwhile.
func providerCreationDefaultSchema(s *trial) {
	name := "pgbench_provider_default_" + strings.ToLower(rand.Text())
	s.exec("create database " + name + " template template0")
	defer s.exec("drop database " + name + " with (force)")
	config := s.config.Copy()
	config.Database = name
	delete(config.RuntimeParams, "search_path")
	conn, err := pgx.ConnectConfig(s.ctx, config)
	s.must(err)
	defer func() { _ = conn.Close(s.ctx) }()
	there := func(query string) (n int) {
		s.must(conn.QueryRow(s.ctx, query).Scan(&n))
		return n
	}
	const ours = "select count(*) from pg_tables where schemaname = 'public'"

	s.must(migrations.Apply(s.ctx, conn, s.strategy))
	equal(s, "tables in public", there(ours), len(tables)+1)
	s.must(migrations.Drop(s.ctx, conn))
	equal(s, "tables in public after the drop", there(ours), 0)
	equal(s, "functions in public after the drop",
		there("select count(*) from pg_proc where pronamespace = 'public'::regnamespace"), 0)
	equal(s, "public", there("select count(*) from pg_namespace where nspname = 'public'"), 1)
}

func schemaInitialization(s *trial) {
	got := s.count(`select count(*) from pg_tables where schemaname = current_schema() and tablename = any ($1)`, tables)
	equal(s, "tables", got, int64(len(tables)))
}

func readEmptyInstance(s *trial) { equal(s, "events", len(s.history("nobody")), 0) }

func enqueueForOrchestrator(s *trial) {
	s.create("a")
	id, err := s.Provider.LatestExecutionID(s.ctx, "a")
	s.must(err)
	equal(s, "latest execution", id, 1)
	equal(s, "history", s.history("a"), events(started("1.0.0")))
}

func enqueueAndDequeueWorker(s *trial) {
	s.schedule(activity("a", 100))
	w := s.fetchWork()
	equal[provider.WorkItem](s, "item", w.Item, activity("a", 100))
	if w.LockToken == "" {
		s.Errorf("the lock token is empty")
	}
}

func fetchEmptyQueue(s *trial) { s.fetchNone() }

func managementCapability(s *trial) {
	ids, err := s.Provider.ListInstances(s.ctx)
	s.must(err)
	equal(s, "instances", len(ids), 0)
	m, err := s.Provider.GetSystemMetrics(s.ctx)
	s.must(err)
	equal(s, "metrics", m, provider.SystemMetrics{})
	d, err := s.Provider.GetQueueDepths(s.ctx)
	s.must(err)
	equal(s, "depths", d, provider.QueueDepths{})
}

func listInstancesAndExecutions(s *trial) {
	s.create("a")
	s.create("b")
	ids, err := s.Provider.ListInstances(s.ctx)
	s.must(err)
	slices.Sort(ids)
	equal(s, "instances", ids, []string{"a", "b"})
	executions, err := s.Provider.ListExecutions(s.ctx, "a")
	s.must(err)
	equal(s, "executions", executions, []int64{1})
}
