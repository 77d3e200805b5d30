// Package sp is the strategy of stored procedures: each operation is one call of a function in the schema.
package sp

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/sqlfile"
	"pgbench-provider/provider"
)

//go:embed sql
var files embed.FS

//go:embed routines
var routineFiles embed.FS

var (
	sql      = sqlfile.MustLoad(files, "sql", "sp")
	routines = mustLoadRoutines()
)

// Strategy implements [provider.Strategy]. Its zero value is ready.
type Strategy struct{}

var _ provider.Strategy = Strategy{}

// Name is "sp".
func (Strategy) Name() string { return "sp" }

// A routine is one function of the current state of the schema: its file is named after it.
type routine struct{ name, text, mark string }

func mustLoadRoutines() (all []routine) {
	entries, err := fs.ReadDir(routineFiles, "routines")
	if err != nil {
		panic("sp: " + err.Error())
	}
	for _, e := range entries {
		text, err := fs.ReadFile(routineFiles, path.Join("routines", e.Name()))
		if err != nil {
			panic("sp: " + err.Error())
		}
		sum := sha256.Sum256(text)
		all = append(all, routine{strings.TrimSuffix(e.Name(), ".sql"), string(text), owner + hex.EncodeToString(sum[:8])})
	}
	return all
}

// owner begins the comment of each function we made; the rest of the comment is the hash of its text.
const owner = "pgbench-provider sp "

const installed = `
select p.oid::regprocedure::text, p.proname, coalesce(obj_description(p.oid, 'pg_proc'), '')
from pg_proc p
where p.pronamespace = (select oid from pg_namespace where nspname = current_schema())
order by 1`

// Install creates the functions in the first schema of the search path and replaces those whose text has changed. A
// function of the same name that is not ours is an error, and is left alone. The caller has begun a transaction.
func (Strategy) Install(ctx context.Context, conn *pgx.Conn) error {
	stale, present, err := survey(ctx, conn)
	if err != nil {
		return err
	}
	for _, signature := range stale {
		if _, err := conn.Exec(ctx, "drop function "+signature); err != nil {
			return err
		}
	}
	for _, r := range routines {
		if present[r.name] {
			continue
		}
		if _, err := conn.Exec(ctx, r.text); err != nil {
			return fmt.Errorf("routine %s: %w", r.name, err)
		}
		// Names are unique in the schema, so the signature may be left out; the mark holds no quote.
		if _, err := conn.Exec(ctx, "comment on function "+r.name+" is '"+r.mark+"'"); err != nil {
			return fmt.Errorf("routine %s: %w", r.name, err)
		}
	}
	return nil
}

// survey finds our functions that are not as they should be, and the names of those that are.
func survey(ctx context.Context, conn *pgx.Conn) (stale []string, present map[string]bool, err error) {
	want := map[string]string{}
	for _, r := range routines {
		want[r.name] = r.mark
	}
	present = map[string]bool{}
	rows, err := conn.Query(ctx, installed)
	if err != nil {
		return nil, nil, err
	}
	var signature, name, comment string
	_, err = pgx.ForEachRow(rows, []any{&signature, &name, &comment}, func() error {
		mark, ours := want[name]
		switch {
		case ours && comment == mark:
			present[name] = true
		case strings.HasPrefix(comment, owner):
			stale = append(stale, signature)
		case ours:
			return fmt.Errorf("function %s is there and was not made by pgbench-provider: choose another schema", signature)
		}
		return nil
	})
	return stale, present, err
}

// RoutineHash identifies the text of all routines, so that two runs can be told to have measured the same.
func RoutineHash() string {
	h := sha256.New()
	for _, r := range routines {
		h.Write([]byte(r.mark))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
