package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgbench-provider/internal/latency"
	"pgbench-provider/internal/result"
)

//go:embed work.sql
var workSQL string

// work is what the server did, by statement: its essence, or its name.
type work map[string]result.ServerWork

// A reading is what the server has done so far, by its own id of a statement in a schema.
type reading map[int64]statement

type statement struct {
	essence string
	result.ServerWork
}

// A meter reads pg_stat_statements before and after each round. Cells run one after the other, so what lies between is
// theirs, although equal statements of different schemas have rows of their own.
type meter struct {
	conn *pgx.Conn
	all  bool // read every statement of the role
	off  bool
}

// newMeter tries a first reading; missing says what is not reported and how to have it, "" when all is.
func newMeter(ctx context.Context, conn *pgx.Conn, major int) (m *meter, missing string, err error) {
	m = &meter{conn: conn, all: major >= 18}
	if _, err = m.read(ctx); err == nil {
		var track string
		if err = conn.QueryRow(ctx, "select current_setting('pg_stat_statements.track')").Scan(&track); err == nil && track == "none" {
			m.off = true
			return m, "Server time and server work are not reported: pg_stat_statements.track is none. As a superuser: set it to top.", nil
		}
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return m, "", err
	}
	m.off = true
	missing = "Server time and server work are not reported: "
	switch refused.Code {
	case "42P01": // undefined_table
		missing += "the extension is not in this database. As its owner: create extension pg_stat_statements"
	case "55000": // object_not_in_prerequisite_state
		missing += "add pg_stat_statements to shared_preload_libraries and restart the server"
	case "42501": // insufficient_privilege
		missing += "this role may not read pg_stat_statements. As its owner: grant select on pg_stat_statements to " + pgx.Identifier{conn.Config().User}.Sanitize()
	case "42703": // undefined_column
		missing += "pg_stat_statements is older than version 1.9, which comes with PostgreSQL 14. After an upgrade: alter extension pg_stat_statements update"
	default:
		return m, fmt.Sprintf("%spg_stat_statements gave %s (%s)", missing, refused.Message, refused.Code), nil
	}
	return m, missing + ".", nil
}

func (m *meter) read(ctx context.Context) (reading, error) {
	if m.off {
		return nil, nil
	}
	rows, err := m.conn.Query(ctx, workSQL, m.all)
	if err != nil {
		return nil, err
	}
	all := reading{}
	var id int64
	var query string
	var w result.ServerWork
	_, err = pgx.ForEachRow(rows, []any{&id, &query, &w.Calls, &w.Exec, &w.Rows, &w.SharedHit, &w.SharedRead, &w.SharedDirtied,
		&w.WALRecords, &w.WALPageImages, &w.WALBytes}, func() error {
		all[id] = statement{essence(query), w}
		return nil
	})
	return all, err
}

// checkpoints is how many the server has begun so far.
func (b *benchmark) checkpoints(ctx context.Context) (n int, err error) {
	sql := "select (checkpoints_timed + checkpoints_req)::int from pg_stat_bgwriter"
	if b.file.Environment.Server.Major() >= 17 {
		sql = "select (num_timed + num_requested)::int from pg_stat_checkpointer"
	}
	err = b.admin.QueryRow(ctx, sql).Scan(&n)
	return n, err
}

// since gives what was done after earlier; nil when nothing is known. A statement that the server has forgotten meanwhile
// (pg_stat_statements.max, or a reset) counts from nothing again, or not at all.
func (r reading) since(earlier reading) work {
	if r == nil {
		return nil
	}
	done := work{}
	for id, now := range r {
		d := now.Sub(earlier[id].ServerWork)
		if min(d.Calls, int64(d.Exec), d.Rows, d.SharedHit, d.SharedRead, d.SharedDirtied, d.WALRecords, d.WALPageImages, d.WALBytes) < 0 {
			d = now.ServerWork
		}
		if d.Calls > 0 {
			done[now.essence] = done[now.essence].Add(d)
		}
	}
	return done
}

// by gives each query of a round its part of the work, by name. Queries that read the same are one to the server, under
// the name of whichever came first: they get the mean of all. It also counts what is sent while a round comes to speed or
// runs out, of which a query gets as much as its recorded calls.
func (w work) by(queries []latency.QueryStats) work {
	parts := work{}
	for _, q := range queries {
		if all := w[essence(q.SQL)]; all.Calls > 0 && q.Count > 0 {
			parts[q.Name] = share(all, int64(q.Count))
		}
	}
	return parts
}

// constant is what pg_stat_statements replaces by a parameter.
var constant = regexp.MustCompile(`'(?:[^']|'')*'|\$[0-9]+|\b[0-9]+\b|\b(?i:true|false|null)\b`)

// essence is what a statement is to the server: without comments, white space and constants.
func essence(sql string) string {
	var b strings.Builder
	for line := range strings.Lines(sql) {
		if !strings.HasPrefix(line, "--") {
			b.WriteString(strings.Join(strings.Fields(line), " ") + " ")
		}
	}
	return constant.ReplaceAllString(b.String(), "?")
}

// operation adds up the statements of an operation, which are those that have its name as the second part of theirs, as
// far as calls that did something sent them. No statement runs twice in a call, so what a statement has been sent more
// often belongs to empty fetches; those count at the statement's mean, since the server does not tell them apart.
func (w work) operation(name string, calls int64) *result.ServerWork {
	var sum result.ServerWork
	for _, statement := range slices.Sorted(maps.Keys(w)) {
		if parts := strings.Split(statement, "."); len(parts) > 1 && parts[1] == name {
			sum = sum.Add(share(w[statement], min(w[statement].Calls, calls)))
		}
	}
	if sum.Calls == 0 {
		return nil
	}
	return &sum
}

// share gives the part that some calls have in w.
func share(w result.ServerWork, calls int64) result.ServerWork {
	if calls == w.Calls {
		return w
	}
	f := float64(calls) / float64(w.Calls)
	part := func(n int64) int64 { return int64(math.Round(float64(n) * f)) }
	return result.ServerWork{
		Calls: calls, Exec: time.Duration(part(int64(w.Exec))), Rows: part(w.Rows), SharedHit: part(w.SharedHit), SharedRead: part(w.SharedRead),
		SharedDirtied: part(w.SharedDirtied), WALRecords: part(w.WALRecords), WALPageImages: part(w.WALPageImages), WALBytes: part(w.WALBytes),
	}
}

// addTo puts the work beside the latencies of the round.
func (w work) addTo(r *result.Round, s *latency.Snapshot) {
	parts := w.by(s.Queries)
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Outcome == result.Loaded || o.Outcome == result.OK {
			o.Server = parts.operation(o.Name, o.Count)
		}
	}
	for i := range r.Queries {
		if done, ok := parts[r.Queries[i].Name]; ok {
			r.Queries[i].Server = &done
		}
	}
}
