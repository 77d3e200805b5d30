package bench

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/latency"
	"pgbench-provider/internal/peer"
	"pgbench-provider/internal/target"
	"pgbench-provider/provider"
	"pgbench-provider/workloads"
)

// HarnessSQL is the smallest call of a routine: what is timed is the way there and back. fn is made by [OpenHarness].
const HarnessSQL = "select fn()"

const harnessRoutine = "create function fn() returns void language plpgsql as $$ begin end $$"

// A Harness is the closed loop of a run around a call that does nothing, so that its own cost shows.
type Harness struct {
	b     *benchmark
	c     *cell
	loops map[string]workloads.Session
}

// The loops of a [Harness]: all that a run has; pgx alone, on a connection a client; and its protocol layer alone.
const (
	LoopRun    = "run"
	LoopPgx    = "pgx"
	LoopPgconn = "pgconn"
)

// Loops are those there are, from the whole to the least.
func Loops() []string { return []string{LoopRun, LoopPgx, LoopPgconn} }

// OpenHarness makes a schema with the routine and connects that many clients in each loop. host goes before the server's
// own, such as the folder of its Unix socket; "" is the server's. The Harness must be closed.
func OpenHarness(ctx context.Context, server *target.Server, host string, clients int) (h *Harness, err error) {
	h = &Harness{b: &benchmark{Config: Config{InFlight: clients}, server: server}}
	if h.b.admin, err = pgx.ConnectConfig(ctx, server.Config()); err != nil {
		return nil, err
	}
	h.c = &cell{workload: bare{}, dispatchers: Dispatchers{1, 1}, host: host, recorder: latency.NewRecorder()}
	if err = h.open(ctx, clients); err != nil {
		_ = h.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return h, nil
}

func (h *Harness) open(ctx context.Context, clients int) (err error) {
	if h.c.schema, err = target.CreateSchema(ctx, h.b.admin, schemaPrefix); err != nil {
		return err
	}
	h.b.schemas = append(h.b.schemas, h.c.schema)
	if h.c.pool, err = h.b.openPool(ctx, h.c); err != nil {
		return err
	}
	if _, err = h.c.pool.Exec(ctx, harnessRoutine); err != nil {
		return err
	}
	if h.c.provider, err = provider.New(provider.Config{Pool: h.c.pool, Strategy: bareStrategy{}}); err != nil {
		return err
	}
	run := &calls{}
	for range clients {
		run.add(whole{h.c.provider.WithObserver(h.c.recorder.Observer())})
	}
	h.loops = map[string]workloads.Session{LoopRun: run}
	for name, wrap := range map[string]func(context.Context, *pgx.Conn) (caller, error){LoopPgx: newDriver, LoopPgconn: newProtocol} {
		loop := &calls{}
		h.loops[name] = loop
		for range clients {
			conn, err := pgx.ConnectConfig(ctx, h.connConfig())
			if err != nil {
				return err
			}
			loop.conns = append(loop.conns, conn)
			one, err := wrap(ctx, conn)
			if err != nil {
				return err
			}
			loop.add(one)
		}
	}
	return nil
}

func (h *Harness) connConfig() *pgx.ConnConfig {
	config := h.c.pool.Config().ConnConfig
	config.Tracer, config.DialFunc = nil, h.c.lines.dialer(h.b.server.Config().DialFunc)
	return config
}

// ConnConfig gives how the loops reach the server, with the schema in the search_path.
func (h *Harness) ConnConfig() *pgx.ConnConfig { return h.connConfig() }

// Run keeps the clients of a loop busy for d, after a tenth of d that does not count, recording as a run does.
func (h *Harness) Run(ctx context.Context, name string, d time.Duration) (f peer.Figures, err error) {
	l := &loop{session: h.loops[name], inFlight: h.b.InFlight, series: h.c.recorder.Orchestrations, cut: h.c.lines.cutAfter}
	h.c.recorder.Reset()
	wait := l.start(ctx)
	l.until(ctx, d/10, int64(h.b.InFlight))
	h.c.recorder.SetRecording(true)
	began, cpuBegan, done := time.Now(), cpu(), l.ended.Load()
	l.until(ctx, d, 0)
	f.Count = l.ended.Load() - done
	f.PerSecond = float64(f.Count) / time.Since(began).Seconds()
	f.CPU = (cpu() - cpuBegan) / time.Duration(max(f.Count, 1))
	h.c.recorder.SetRecording(false)
	l.stop.Store(true)
	return f, cancelled(ctx, wait())
}

// Calls makes n calls one after the other in a loop, recorded as in a run, by one client.
func (h *Harness) Calls(ctx context.Context, name string, n int) error {
	h.c.recorder.SetRecording(true)
	defer h.c.recorder.SetRecording(false)
	units := h.c.recorder.Orchestrations()
	for i := range n {
		began, ended, err := h.loops[name].Do(unwatched{ctx}, i)
		if err != nil {
			return err
		}
		units.Record(ended.Sub(began), true)
	}
	return nil
}

func cpu() time.Duration {
	d, _ := peer.Self() // of oneself, it cannot fail
	return d
}

// Close drops the schema and closes the connections.
func (h *Harness) Close(ctx context.Context) error {
	for _, l := range h.loops {
		_ = l.Close(ctx)
	}
	h.c.close()
	return h.b.cleanUp(ctx, false)
}
