package wake_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/wake"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type told struct {
	queue wake.Queue
	n     int
}

// open makes a hub of its own process on the schema of config, listening, and the channel of what it is told.
func open(t *testing.T, config *pgx.ConnConfig) (*wake.Hub, <-chan told) {
	t.Helper()
	heard := make(chan told, 1000)
	config = config.Copy()
	config.RuntimeParams["application_name"] = t.Name()
	h := wake.Open(wake.Config{Channel: wake.Channel(config.RuntimeParams["search_path"]),
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.ConnectConfig(ctx, config) },
		Idle:    func(wake.Queue) bool { return true },
		OnWork:  func(q wake.Queue, n int) { heard <- told{q, n} }})
	t.Cleanup(h.Close)
	// What may have been missed, one for each queue, tells that it listens.
	for range 2 {
		next(t, heard)
	}
	if !h.Listening() {
		t.Fatal("it does not listen")
	}
	return h, heard
}

func next(t *testing.T, heard <-chan told) told {
	t.Helper()
	select {
	case x := <-heard:
		return x
	case <-time.After(time.Minute):
		t.Fatal("nothing was heard")
		return told{}
	}
}

func none(t *testing.T, heard <-chan told) {
	t.Helper()
	select {
	case x := <-heard:
		t.Errorf("heard %v", x)
	default:
	}
}

func TestHungryIsTold(t *testing.T) {
	t.Parallel()
	config := pgtest.NewSchema(t)
	a, heardA := open(t, config)
	b, heardB := open(t, config)
	b.Rests(wake.Works)
	a.Made(wake.Works, 3)
	if got := next(t, heardB); got != (told{wake.Works, 3}) {
		t.Errorf("heard %v", got)
	}
	b.Made(wake.Turns, 1)
	if got := next(t, heardA); got != (told{wake.Turns, 1}) {
		t.Errorf("heard %v", got)
	}
	none(t, heardA)
	none(t, heardB)
}

func TestSchemasDoNotHearEachOther(t *testing.T) {
	t.Parallel()
	a, _ := open(t, pgtest.NewSchema(t))
	config := pgtest.NewSchema(t)
	_, other := open(t, config)
	c, heard := open(t, config)
	a.Made(wake.Turns, 1)
	c.Made(wake.Turns, 2)
	if got := next(t, other); got != (told{wake.Turns, 2}) {
		t.Errorf("heard %v", got)
	}
	none(t, heard)
}

// A hub that nobody answers sends a handful of messages and then none, however much there is to do.
func TestAloneSendsNextToNothing(t *testing.T) {
	t.Parallel()
	h, heard := open(t, pgtest.NewSchema(t))
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		h.Made(wake.Turns, 1)
		h.Made(wake.Works, 1)
		time.Sleep(10 * time.Millisecond)
	}
	before := h.Stats()
	for range 100_000 {
		h.Made(wake.Turns, 1)
		h.Made(wake.Works, 1)
	}
	if after := h.Stats(); after != before {
		t.Errorf("%+v, then %+v", before, after)
	}
	none(t, heard)
}

func TestIdleSendsNothing(t *testing.T) {
	t.Parallel()
	config := pgtest.NewSchema(t)
	h, _ := open(t, config)
	_, heard := open(t, config)
	h.Rests(wake.Turns)
	h.Rests(wake.Works)
	h.Made(wake.Turns, 1) // after the announcements, in the order of sending
	next(t, heard)
	for end := time.Now().Add(time.Minute); ; {
		before := h.Stats()
		time.Sleep(2 * time.Second)
		after := h.Stats()
		if after == before {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%+v, then %+v", before, after)
		}
	}
}

func TestAfterALostConnection(t *testing.T) {
	t.Parallel()
	config := pgtest.NewSchema(t)
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	a, heardA := open(t, config)
	b, heardB := open(t, config)
	if _, err := conn.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", t.Name()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what may have been missed
		next(t, heardA)
		next(t, heardB)
	}
	if s := b.Stats(); s.Connected != 2 {
		t.Errorf("%+v", s)
	}
	a.Made(wake.Turns, 5)
	if got := next(t, heardB); got != (told{wake.Turns, 5}) {
		t.Errorf("heard %v", got)
	}
}

func TestCloseEndsAHubThatCannotConnect(t *testing.T) {
	t.Parallel()
	h := wake.Open(wake.Config{Channel: "x", OnWork: func(wake.Queue, int) {}, Idle: func(wake.Queue) bool { return true },
		Connect: func(ctx context.Context) (*pgx.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }})
	h.Made(wake.Turns, 1)
	h.Rests(wake.Turns)
	if h.Listening() {
		t.Error("it listens to nothing")
	}
	h.Close()
}
