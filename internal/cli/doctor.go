package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"pgbench-provider/internal/target"
)

// diagnosis is what doctor found.
type diagnosis struct {
	Server   string        `json:"server"`
	ReadOnly bool          `json:"read_only"` // the server refuses every write of the session that looks
	Facts    target.Facts  `json:"facts"`
	RTTp50   time.Duration `json:"rtt_p50_ns"`
	RTTp99   time.Duration `json:"rtt_p99_ns"`
	Findings []finding     `json:"findings"`
}

// A finding is something that changes what a run can say, with what it costs and how to mend it.
type finding struct {
	Missing string `json:"missing"`
	Costs   string `json:"costs"`
	Remedy  string `json:"remedy"`
	Fatal   bool   `json:"fatal,omitempty"` // nothing can be measured here
}

func (a *app) doctorCommand() *cobra.Command {
	var d databaseFlags
	var asJSON, readOnly bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Look at a server without changing it: what matters to a measurement, and what is missing",
		Long: `Look at a server without changing it: what matters to a measurement, and what is missing. Exit code 3 says that nothing
can be measured there.`,
		Example: `  pgbench-provider doctor
  pgbench-provider doctor --dsn postgres://bench@db.example.com/app`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			p := a.newProgress()
			defer p.clear()
			if readOnly && !a.spec(&d, nil).Named() {
				return usage{errors.New("--read-only is for a database that exists, and none is named: give --dsn, or set PGBENCH_PROVIDER_DSN, DATABASE_URL or PGHOST")}
			}
			spec := a.spec(&d, p.say)
			spec.Reads = true
			server, err := target.Open(c.Context(), spec)
			if err != nil {
				return err
			}
			defer closeServer(c.Context(), server, &err)
			found, err := diagnose(c.Context(), server, readOnly)
			if err != nil {
				return err
			}
			p.clear()
			if asJSON {
				e := json.NewEncoder(a.out)
				e.SetIndent("", "  ")
				err = e.Encode(found)
			} else {
				err = a.printDiagnosis(found)
			}
			if err == nil && slices.ContainsFunc(found.Findings, func(f finding) bool { return f.Fatal }) {
				return silent{errors.New("nothing can be measured here")}
			}
			return err
		},
	}
	d.add(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&readOnly, "read-only", false, "let the server refuse every write of the session")
	return c
}

// closeServer closes within a bound, also after a cancellation, and reports a failure when there is none yet.
func closeServer(ctx context.Context, s *target.Server, err *error) {
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if closeErr := s.Close(closing); *err == nil {
		*err = closeErr
	}
}

func diagnose(ctx context.Context, server *target.Server, readOnly bool) (found diagnosis, err error) {
	config := server.Config()
	if readOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return found, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	found.Server = server.Describe()
	mode, err := target.ReadWriteMode(ctx, conn)
	if err != nil {
		return found, err
	}
	found.ReadOnly = mode != target.ReadWrite
	if readOnly && !found.ReadOnly {
		return found, errors.New("the session could be made read-only by no means that this server knows: nothing was looked at")
	}
	if found.Facts, err = target.ServerFacts(ctx, conn); err != nil {
		return found, err
	}
	times := make([]time.Duration, 100)
	for i := range times {
		start := time.Now()
		if err := conn.Ping(ctx); err != nil {
			return found, err
		}
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	found.RTTp50, found.RTTp99 = times[len(times)/2], times[len(times)-1]
	found.Findings = findings(found.Facts, conn.Config())
	if mode == target.Standby || mode == target.ReadOnly && !readOnly {
		why, remedy, _ := strings.Cut(string(mode), ": ")
		found.Findings = slices.Insert(found.Findings, 0, finding{"a server that takes writes: " + why, "nothing can be measured here", remedy, true})
	}
	return found, nil
}

func findings(f target.Facts, c *pgx.ConnConfig) (list []finding) {
	user, database := pgx.Identifier{c.User}.Sanitize(), pgx.Identifier{c.Database}.Sanitize()
	if !f.CanCreate && len(f.Schemas) > 0 {
		list = append(list, finding{"the right to create a schema", "run, compare and gate need --schema " + strings.Join(f.Schemas, " or --schema ") + ", which all strategies share, and verify cannot work",
			"GRANT CREATE ON DATABASE " + database + " TO " + user, false})
	}
	if !f.CanCreate && len(f.Schemas) == 0 {
		list = append(list, finding{"the right to create a schema", "run and compare cannot work here",
			"GRANT CREATE ON DATABASE " + database + " TO " + user + ", or a schema for --schema: CREATE SCHEMA bench AUTHORIZATION " + user, true})
	}
	if f.VersionNum < 150000 {
		list = append(list, finding{"PostgreSQL 15 or newer", "this version is not tested", "use a newer server", false})
	}
	if !f.StatLoaded {
		list = append(list, finding{"pg_stat_statements in shared_preload_libraries", "server time by statement is not reported", "add it and restart the server", false})
	}
	if f.StatLoaded && !f.StatCreated {
		list = append(list, finding{"the extension pg_stat_statements in this database", "server time by statement is not reported", "as its owner: create extension pg_stat_statements", false})
	}
	if f.Pooler != "" {
		list = append(list, finding{"a direct connection: there seems to be " + f.Pooler, "its hop is measured too, and in transaction mode no statement stays prepared and each transaction sets its settings anew", "name the server itself in --dsn", false})
	}
	for name, why := range map[string]string{
		"fsync": "commits cost nothing, as they never do in production", "synchronous_commit": "commits do not wait for the disk",
		"full_page_writes": "less is written than in production",
	} {
		if f.Settings[name] == "off" {
			list = append(list, finding{name + " = on", why, "set it as in production", false})
		}
	}
	slices.SortFunc(list, func(a, b finding) int { return len(a.Missing) - len(b.Missing) })
	return list
}

func (a *app) printDiagnosis(d diagnosis) error {
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "server\t%s\n", d.Server)
	fmt.Fprintf(t, "round trip\tp50 %v, worst of 100 %v\n", d.RTTp50.Round(time.Microsecond), d.RTTp99.Round(time.Microsecond))
	tls := "off"
	if d.Facts.TLS {
		tls = "on"
	}
	fmt.Fprintf(t, "TLS\t%s\n", tls)
	if d.ReadOnly {
		fmt.Fprintf(t, "session\tread-only\n")
	}
	fmt.Fprintf(t, "database\t%d MB\n", d.Facts.DatabaseBytes>>20)
	for _, name := range []string{"fsync", "synchronous_commit", "shared_buffers", "max_connections", "autovacuum", "jit"} {
		fmt.Fprintf(t, "%s\t%s\n", name, blocks(d.Facts.Settings[name]))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(d.Findings) == 0 {
		_, err := fmt.Fprintln(a.out, "\nNothing is missing.")
		return err
	}
	fmt.Fprintln(a.out, "\nMissing:")
	for _, f := range d.Findings {
		fmt.Fprintf(a.out, "  %s\n    costs:  %s\n    remedy: %s\n", f.Missing, f.Costs, f.Remedy)
	}
	return nil
}

// blocks turns "16384 8kB", as pg_settings has it, into "128 MB".
func blocks(setting string) string {
	var n int64
	if _, err := fmt.Sscanf(setting, "%d 8kB", &n); err != nil {
		return setting
	}
	return fmt.Sprintf("%d MB", n>>7)
}
