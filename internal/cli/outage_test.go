package cli_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgbench-provider/internal/cli"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
)

// trigger does something once when a text is written to it.
type trigger struct {
	mu   sync.Mutex
	all  bytes.Buffer
	text string
	once sync.Once
	act  func()
	done chan struct{}
}

func (w *trigger) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(b)
	if strings.Contains(w.all.String(), w.text) {
		w.once.Do(func() { go func() { defer close(w.done); w.act() }() })
	}
	return len(b), nil
}

// A comparison whose server is killed and comes back ends as any other; without patience it fails, and keeps what it has.
func TestCompareThroughAnOutage(t *testing.T) {
	t.Setenv("PGBENCH_PROVIDER_PROGRESS", "all")
	s, err := target.Open(t.Context(), target.Spec{Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	c := s.Config()
	dsn := url.URL{Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Path: "/" + c.Database,
		Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), RawQuery: "sslmode=disable"}
	for _, patience := range []string{"60s", "0s"} {
		var out bytes.Buffer
		path := filepath.Join(t.TempDir(), "r.json")
		errOut := &trigger{text: "round 2 of 3: hello-world, sp", done: make(chan struct{}), act: func() {
			time.Sleep(80 * time.Millisecond)
			if err := s.Halt(context.Background(), target.Kill); err != nil {
				t.Error(err)
			}
			time.Sleep(300 * time.Millisecond)
			if err := s.Resume(context.Background()); err != nil {
				t.Error(err)
			}
		}}
		code := cli.Main(t.Context(), []string{"compare", "--dsn", dsn.String(), "--strategies", "inline,sp", "--no-control", "--no-verify",
			"--rounds", "3", "--round", "300ms", "--in-flight", "2", "--dispatchers", "1:1", "--max-outage", patience, "--out", path}, &out, errOut)
		<-errOut.done
		f, err := result.ReadFile(path)
		if err != nil {
			t.Fatalf("%s: exit code %d, %s: %v", patience, code, errOut.all.String(), err)
		}
		disturbed := len(f.Cells[0].Disturbed) + len(f.Cells[1].Disturbed)
		if patience == "0s" {
			if code != 3 || !strings.Contains(errOut.all.String(), "--max-outage 0s") || !strings.Contains(errOut.all.String(), path) || disturbed != 1 || len(f.Cells[0].Rounds) == 0 {
				t.Errorf("0s: exit code %d, %d disturbed: %s", code, disturbed, errOut.all.String())
			}
			continue
		}
		for _, want := range []string{"waiting up to 1m0s (--max-outage)", "the server is back after"} {
			if !strings.Contains(errOut.all.String(), want) {
				t.Errorf("no %q in %s", want, errOut.all.String())
			}
		}
		if code != 0 || disturbed == 0 || !strings.Contains(strings.Join(strings.Fields(out.String()), " "), "hello-world: the server went away") {
			t.Errorf("exit code %d, %d disturbed: %s", code, disturbed, out.String())
		}
	}
}
