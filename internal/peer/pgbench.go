package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pgbench runs pgbench against one database.
type Pgbench struct {
	Path   string          // of the program
	Server *pgx.ConnConfig // Host may be the folder of a Unix socket
}

// Figures are what a closed loop did.
type Figures struct {
	PerSecond float64       // transactions, without the time to connect
	Count     int64         // transactions
	CPU       time.Duration // of the client, user and system, per transaction
}

var (
	tpsLine   = regexp.MustCompile(`tps = ([0-9.]+) \(without initial connection time\)`)
	countLine = regexp.MustCompile(`number of transactions actually processed: ([0-9]+)`)
)

// patience bounds how long Run tries.
const patience = time.Minute

var errNothing = errors.New("pgbench ended no transaction")

// Run runs prepared transactions with that many clients on at most two threads, for d cut to whole seconds, at least one,
// and with more arguments, such as "-N" or "-f", "file". The time includes that to connect, which may be all of it on a busy
// machine: then it runs again for twice as long. Ending ctx ends pgbench.
func (p Pgbench) Run(ctx context.Context, clients int, d time.Duration, args ...string) (f Figures, err error) {
	for d = max(d, time.Second); ; d *= 2 {
		f, err = p.once(ctx, clients, int(d/time.Second), args)
		if !errors.Is(err, errNothing) || 2*d > patience {
			return f, err
		}
	}
}

func (p Pgbench) once(ctx context.Context, clients, seconds int, args []string) (f Figures, err error) {
	out, cpu, err := p.start(ctx, append([]string{"-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(clients, 2)),
		"-T", strconv.Itoa(seconds)}, args...))
	if err != nil {
		return f, err
	}
	tps, count := tpsLine.FindSubmatch(out), countLine.FindSubmatch(out)
	if tps == nil || count == nil {
		return f, fmt.Errorf("%w in %d s: it printed %q", errNothing, seconds, out)
	}
	if f.PerSecond, err = strconv.ParseFloat(string(tps[1]), 64); err != nil {
		return f, err
	}
	if f.Count, err = strconv.ParseInt(string(count[1]), 10, 64); err != nil {
		return f, err
	}
	f.CPU = cpu / time.Duration(max(f.Count, 1))
	return f, nil
}

// Initialize makes pgbench's own tables at that scale.
func (p Pgbench) Initialize(ctx context.Context, scale int) error {
	_, _, err := p.start(ctx, []string{"-i", "-q", "-s", strconv.Itoa(scale)})
	return err
}

func (p Pgbench) start(ctx context.Context, args []string) (out []byte, cpu time.Duration, err error) {
	cmd := exec.CommandContext(ctx, p.Path, args...)
	c := p.Server
	cmd.Env = append(os.Environ(), "PGHOST="+c.Host, fmt.Sprintf("PGPORT=%d", c.Port), "PGUSER="+c.User, "PGPASSWORD="+c.Password,
		"PGDATABASE="+c.Database, "PGSSLMODE=prefer", "LC_ALL=C", "PGOPTIONS="+options(c))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, 0, context.Cause(ctx)
	case errors.As(err, &failed):
		return nil, 0, fmt.Errorf("pgbench: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	case err != nil:
		return nil, 0, fmt.Errorf("pgbench cannot be run (%w): install PostgreSQL's programs, on Debian: postgresql", err)
	}
	return stdout.Bytes(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// options gives the server the configuration's own settings, the search_path among them.
func options(c *pgx.ConnConfig) string {
	var b strings.Builder
	for name, value := range c.RuntimeParams {
		if name != "application_name" && name != "timezone" {
			fmt.Fprintf(&b, "-c %s=%s ", name, strings.NewReplacer(`\`, `\\`, " ", `\ `).Replace(value))
		}
	}
	return b.String()
}
