package target

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// schemaMark begins the comment of every schema that we created; the creation time follows. Only what carries it is ever
// dropped.
const schemaMark = "created by pgbench-provider "

// CreateSchema makes a schema named prefix, an underscore and eight random hex digits, marks it as ours, and gives its name.
// The error of a role that may not names the GRANT to ask for.
func CreateSchema(ctx context.Context, conn *pgx.Conn, prefix string) (string, error) {
	name := randomName(prefix)
	return name, create(ctx, conn, name, mark())
}

func randomName(prefix string) string {
	var random [4]byte
	rand.Read(random[:])
	return prefix + "_" + hex.EncodeToString(random[:])
}

func create(ctx context.Context, conn *pgx.Conn, name, mark string) error {
	quoted := pgx.Identifier{name}.Sanitize()
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "create schema "+quoted); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "comment on schema "+quoted+" is '"+strings.ReplaceAll(mark, "'", "''")+"'")
		return err
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" {
		c := conn.Config()
		return fmt.Errorf("role %q may not create a schema in database %q: ask for GRANT CREATE ON DATABASE %s TO %s", c.User, c.Database,
			pgx.Identifier{c.Database}.Sanitize(), pgx.Identifier{c.User}.Sanitize())
	}
	if err != nil {
		return fmt.Errorf("create a schema: %w", err)
	}
	return nil
}

// mark says who made something, and when.
func mark() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%s%s by process %d on %s", schemaMark, time.Now().UTC().Format(time.RFC3339), os.Getpid(), host)
}

// DropSchema drops a schema that carries our mark, with all that is in it. It refuses any other.
func DropSchema(ctx context.Context, conn *pgx.Conn, name string) error {
	left, err := LeftSchemas(ctx, conn)
	if err != nil {
		return err
	}
	for _, l := range left {
		if l.Name == name {
			_, err := conn.Exec(ctx, "drop schema if exists "+pgx.Identifier{name}.Sanitize()+" cascade")
			return err
		}
	}
	return fmt.Errorf("schema %q was not created by pgbench-provider: it is left alone", name)
}

// ForeignTables counts the tables in this database that are neither the server's, nor an extension's, nor in a schema with
// our mark.
func ForeignTables(ctx context.Context, conn *pgx.Conn) (n int, err error) {
	err = conn.QueryRow(ctx, `
		select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
		  and coalesce(obj_description(n.oid, 'pg_namespace'), '') not like $1 || '%'
		  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`,
		schemaMark).Scan(&n)
	return n, err
}

// A LeftSchema is a schema with our mark.
type LeftSchema struct {
	Name      string
	CreatedAt time.Time // zero when the mark was tampered with
	Life      Life
}

// Life is whether the run that made a schema still works.
type Life int

// Unknown is that of a schema which no session holds, as those behind a pooler.
const (
	Unknown Life = iota
	Dead
	Alive
)

// LeftSchemas lists the schemas with our mark, oldest first.
func LeftSchemas(ctx context.Context, conn *pgx.Conn) ([]LeftSchema, error) {
	rows, err := conn.Query(ctx, `
		select nspname, obj_description(oid, 'pg_namespace') from pg_namespace
		where obj_description(oid, 'pg_namespace') like $1 || '%' order by 2, 1`, schemaMark)
	if err != nil {
		return nil, err
	}
	var left []LeftSchema
	var name, mark string
	_, err = pgx.ForEachRow(rows, []any{&name, &mark}, func() error {
		stamp, _, _ := strings.Cut(strings.TrimPrefix(mark, schemaMark), " ")
		at, _ := time.Parse(time.RFC3339, stamp)
		l := LeftSchema{Name: name, CreatedAt: at}
		if strings.HasSuffix(mark, held) {
			l.Life = Dead
		}
		left = append(left, l)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return left, markAlive(ctx, conn, left)
}
