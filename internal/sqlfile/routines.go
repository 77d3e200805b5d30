package sqlfile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Routines are the server-side functions of one strategy, one to a file that is named after its function.
type Routines struct {
	owner string
	all   []routine
}

type routine struct{ name, text, mark string }

// MustLoadRoutines reads every file of an embedded directory. It panics when one cannot be read.
//
// owner begins the comment of each function on the server, the hash of its text ends it. An owner must not begin with
// another's name and a space: what begins with it and is not among these routines is dropped by Install.
func MustLoadRoutines(fsys fs.FS, root, owner string) Routines {
	r := Routines{owner: owner + " "}
	entries, err := fs.ReadDir(fsys, root)
	if err != nil {
		panic("sqlfile: " + err.Error())
	}
	for _, e := range entries {
		text, err := fs.ReadFile(fsys, path.Join(root, e.Name()))
		if err != nil {
			panic("sqlfile: " + err.Error())
		}
		sum := sha256.Sum256(text)
		r.all = append(r.all, routine{strings.TrimSuffix(e.Name(), ".sql"), string(text), r.owner + hex.EncodeToString(sum[:8])})
	}
	return r
}

const installed = `
select p.oid::regprocedure::text, p.proname, coalesce(obj_description(p.oid, 'pg_proc'), '')
from pg_proc p
where p.pronamespace = (select oid from pg_namespace where nspname = current_schema())
order by 1`

// Install creates the functions in the first schema of the search path and replaces those whose text has changed. A
// function of the same name that is not ours is an error, and is left alone. The caller has begun a transaction.
func (r Routines) Install(ctx context.Context, conn *pgx.Conn) error {
	stale, present, err := r.survey(ctx, conn)
	if err != nil {
		return err
	}
	for _, signature := range stale {
		if _, err := conn.Exec(ctx, "drop function "+signature); err != nil {
			return err
		}
	}
	for _, f := range r.all {
		if present[f.name] {
			continue
		}
		if _, err := conn.Exec(ctx, f.text); err != nil {
			return fmt.Errorf("routine %s: %w", f.name, err)
		}
		// Names are unique in the schema, so the signature may be left out; the mark holds no quote.
		if _, err := conn.Exec(ctx, "comment on function "+f.name+" is '"+f.mark+"'"); err != nil {
			return fmt.Errorf("routine %s: %w", f.name, err)
		}
	}
	return nil
}

// survey finds our functions that are not as they should be, and the names of those that are.
func (r Routines) survey(ctx context.Context, conn *pgx.Conn) (stale []string, present map[string]bool, err error) {
	want := map[string]string{}
	for _, f := range r.all {
		want[f.name] = f.mark
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
		case strings.HasPrefix(comment, r.owner):
			stale = append(stale, signature)
		case ours:
			return fmt.Errorf("function %s is there and was not made by pgbench-provider: choose another schema", signature)
		}
		return nil
	})
	return stale, present, err
}

// Hash identifies the text of all routines.
func (r Routines) Hash() string {
	h := sha256.New()
	for _, f := range r.all {
		h.Write([]byte(f.mark))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
