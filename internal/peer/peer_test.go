package peer

import (
	"context"
	"math"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestMedianOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   Median
	}{
		{[]float64{7}, Median{7, 7, 7}},
		{[]float64{2, 1}, Median{1.5, 1, 2}},
		{[]float64{5, 1, 4, 2, 3}, Median{3, 1, 5}},                   // 1 - 2/32 = 0.9375
		{[]float64{1, 2, 3, 4, 5, 6, 7}, Median{4, 1, 7}},             // one further in: 1 - 16/128
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, Median{5, 2, 8}},       // 1 - 20/512 = 0.961
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Median{5.5, 2, 9}}, // 1 - 22/1024
	} {
		if got := MedianOf(c.values); got != c.want {
			t.Errorf("MedianOf(%v) = %v, want %v", c.values, got, c.want)
		}
	}
	if got := MedianOf(nil); !math.IsNaN(got.Value) {
		t.Errorf("MedianOf(nil) = %v", got)
	}
}

func TestRatios(t *testing.T) {
	t.Parallel()
	if got := Ratios([]float64{1, 6}, []float64{2, 3, 9}); len(got) != 2 || got[0] != 0.5 || got[1] != 2 {
		t.Errorf("%v", got)
	}
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	line := "42 (post) gres: (x) S 7 42 42 0 -1 4194560 1000 2000 3 4 110 25 300 45 20 0 1 0 12345 1 2"
	got, err := parseStat([]byte(line))
	if want := (stat{parent: 7, spent: 135, reaped: 345}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "42 postgres", "42 (x) S 7", "42 (x) S a b c d e f g h i j k l m n o p"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q was parsed", bad)
		}
	}
}

func TestPgbench(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t)
	script := t.TempDir() + "/one.sql"
	if err := os.WriteFile(script, []byte("select count(*) from here;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := pgtest.NewSchema(t) // by search_path
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "create table here ()"); err != nil {
		t.Fatal(err)
	}
	p := Pgbench{Path: server.Program("pgbench"), Server: config}
	f, err := p.Run(t.Context(), 2, time.Second, "-f", script)
	if err != nil || f.Count < 1 || f.PerSecond <= 0 || f.CPU <= 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := p.Run(t.Context(), 1, time.Second, "-f", script+".missing"); err == nil {
		t.Error("a missing script is no error")
	}
	p.Path += "-missing"
	if _, err := p.Run(t.Context(), 1, time.Second); err == nil {
		t.Error("a missing program is no error")
	}
}

// What backends spend is the server's, also once they are gone.
func TestServerCPU(t *testing.T) {
	t.Parallel()
	conn, err := pgx.ConnectConfig(t.Context(), pgtest.Server(t).Config())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	s, err := FindServer(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	before, err := s.CPU()
	if err != nil {
		t.Fatal(err)
	}
	for range 100 { // until it has spent 50 ms
		if _, err := conn.Exec(t.Context(), "select count(*) from generate_series(1, 300000)"); err != nil {
			t.Fatal(err)
		}
		if now, err := s.CPU(); err != nil || now-before >= 50*time.Millisecond {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Error("a hundred counts cost the server nothing")
}

func TestSelf(t *testing.T) {
	t.Parallel()
	before, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i := range 20_000_000 {
		sum += math.Sqrt(float64(i))
	}
	if after, err := Self(); err != nil || after <= before {
		t.Errorf("%v after %v (%v, %v)", after, before, err, sum)
	}
}

// A backend that ends while the server is read is counted once: what was spent never becomes less.
func TestServerCPUNeverFalls(t *testing.T) {
	t.Parallel()
	config := pgtest.NewSchema(t)
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	s, err := FindServer(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		for range 20 {
			short, err := pgx.ConnectConfig(context.Background(), config)
			if err == nil {
				_, err = short.Exec(context.Background(), "select count(*) from generate_series(1, 100000)")
				_ = short.Close(context.Background())
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for last := time.Duration(0); ; {
		now, err := s.CPU()
		if err != nil || now < last {
			t.Fatalf("%v after %v: %v", now, last, err)
		}
		last = now
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
	}
}
