package target

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// bookkeeping is the table by which a schema is known to hold our tables (package migrations).
const bookkeeping = "pgbench_provider_migrations"

// A Contents says what a schema holds.
type Contents struct {
	Exists bool
	Ours   bool   // our tables are in it
	Left   bool   // and a run made them that should have removed them
	Other  int    // relations, routines and types besides, all of them when ours are not in it
	Owner  string // empty when it does not exist
}

// Look says what the schema name holds.
func Look(ctx context.Context, conn *pgx.Conn, name string) (c Contents, err error) {
	err = conn.QueryRow(ctx, `
		select true, pg_get_userbyid(n.nspowner), b.oid is not null, coalesce(obj_description(b.oid, 'pg_class') like $3 || '%', false),
		       case when b.oid is not null then 0 else
		           (select count(*) from pg_class where relnamespace = n.oid) + (select count(*) from pg_proc where pronamespace = n.oid)
		           + (select count(*) from pg_type where typnamespace = n.oid and typrelid = 0 and typelem = 0) end
		from pg_namespace n left join pg_class b on b.relnamespace = n.oid and b.relname = $2 and b.relkind = 'r'
		where n.nspname = $1`, name, bookkeeping, schemaMark).Scan(&c.Exists, &c.Owner, &c.Ours, &c.Left, &c.Other)
	if errors.Is(err, pgx.ErrNoRows) {
		return Contents{}, nil
	}
	return c, err
}

// MayHold says whether our tables may be made in a schema: an error that is [ErrBadInput] says why not.
func (c Contents) MayHold(name string) error {
	switch {
	case name == "public" || name == "information_schema" || strings.HasPrefix(name, "pg_"):
		return fmt.Errorf("%w: --schema %s is for everybody: name a schema of its own", ErrBadInput, name)
	case c.Other > 0:
		return fmt.Errorf("%w: schema %q holds %d things that pgbench-provider did not make, and is left alone: name another or an empty one", ErrBadInput, name, c.Other)
	}
	return nil
}

// MarkLeft marks the tables in conn's current schema as those of a run, which a later one may remove.
func MarkLeft(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "comment on table "+bookkeeping+" is '"+strings.ReplaceAll(mark(), "'", "''")+"'")
	return err
}
