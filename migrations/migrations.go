// Package migrations creates and removes the tables that all strategies share. Tables are numbered .sql files, applied
// once each. Routines are not here: they belong to their strategy, which reinstalls them as they are now.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed *.sql
var files embed.FS

// A Migration is one numbered file.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero when it is not applied
}

// Hash identifies the text of all migrations, so that two runs can be told to have had the same tables.
func Hash() string {
	h := sha256.New()
	names, _ := fs.Glob(files, "*.sql") // sorted; the pattern is good
	for _, name := range names {
		text, _ := files.ReadFile(name)
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// An Installer brings server-side routines up to date, in a transaction of the caller's; strategies are installers.
type Installer interface {
	Install(ctx context.Context, conn *pgx.Conn) error
}

const bookkeeping = `create table if not exists pgbench_provider_migrations (
    version bigint primary key, name text not null, applied_at timestamptz not null default now())`

// ErrNoSchema means that the search path names no schema that exists.
var ErrNoSchema = errors.New("the search path names no existing schema")

// Apply creates what is missing in conn's current schema, and installs the routines of each installer, all in one
// transaction. It runs under an advisory lock of that schema, so that any number of processes may start at once; what is
// there already is left alone.
func Apply(ctx context.Context, conn *pgx.Conn, installers ...Installer) error {
	return locked(ctx, conn, func() error {
		status, err := Status(ctx, conn)
		if err != nil {
			return err
		}
		for _, m := range status {
			if !m.AppliedAt.IsZero() {
				continue
			}
			if err := apply(ctx, conn, m); err != nil {
				return fmt.Errorf("migration %04d_%s: %w", m.Version, m.Name, err)
			}
		}
		for _, i := range installers {
			if err := i.Install(ctx, conn); err != nil {
				return err
			}
		}
		return nil
	})
}

func apply(ctx context.Context, conn *pgx.Conn, m Migration) error {
	text, err := fs.ReadFile(files, fmt.Sprintf("%04d_%s.sql", m.Version, m.Name))
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, bookkeeping); err != nil {
		return err
	}
	// Without arguments a file of several statements goes as one simple-protocol script.
	if _, err := conn.PgConn().Exec(ctx, string(text)).ReadAll(); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "insert into pgbench_provider_migrations (version, name) values ($1, $2)", m.Version, m.Name)
	return err
}

// Status lists all migrations in order, with when they were applied to conn's current schema.
func Status(ctx context.Context, conn *pgx.Conn) ([]Migration, error) {
	all, err := list()
	if err != nil {
		return nil, err
	}
	var there bool
	err = conn.QueryRow(ctx, `select exists (select from pg_tables
		where schemaname = current_schema() and tablename = 'pgbench_provider_migrations')`).Scan(&there)
	if err != nil || !there {
		return all, err
	}
	rows, err := conn.Query(ctx, "select version, applied_at from pgbench_provider_migrations")
	if err != nil {
		return nil, err
	}
	applied := map[int64]time.Time{}
	var version int64
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&version, &at}, func() error { applied[version] = at; return nil }); err != nil {
		return nil, err
	}
	for i := range all {
		all[i].AppliedAt = applied[all[i].Version]
	}
	return all, nil
}

func list() (all []Migration, err error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries { // ReadDir sorts
		number, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: a migration begins with its number", e.Name())
		}
		all = append(all, Migration{Version: version, Name: name})
	}
	return all, nil
}

// Drop removes the tables of the migrations and the functions that strategies made, from conn's current schema. The
// schema itself stays, and so does everything that is not ours.
func Drop(ctx context.Context, conn *pgx.Conn) error {
	return locked(ctx, conn, func() error {
		status, err := Status(ctx, conn)
		if err != nil {
			return err
		}
		if len(status) == 0 || status[0].AppliedAt.IsZero() {
			return nil
		}
		for _, find := range []string{dropFunctions, dropTables} {
			rows, err := conn.Query(ctx, find)
			if err != nil {
				return err
			}
			statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			for _, s := range statements {
				if _, err := conn.Exec(ctx, s); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

const dropFunctions = `
select 'drop function ' || p.oid::regprocedure::text from pg_proc p
where p.pronamespace = (select oid from pg_namespace where nspname = current_schema()) and obj_description(p.oid, 'pg_proc') like 'pgbench-provider %'`

const dropTables = `
select format('drop table %I', t) from unnest(array['instances', 'executions', 'history', 'orchestrator_queue',
    'instance_locks', 'worker_queue', 'pgbench_provider_migrations']) t
where to_regclass(format('%I.%I', current_schema(), t)) is not null`

// locked runs body in a transaction under an advisory lock keyed by the schema's name (FNV-1a, 64 bits, of the name behind
// our own, so that no other program's locks are met). The lock is the transaction's: one of the session would stay behind
// on a pooler's server.
func locked(ctx context.Context, conn *pgx.Conn, body func() error) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var schema *string
		if err := tx.QueryRow(ctx, "select current_schema()").Scan(&schema); err != nil {
			return err
		}
		if schema == nil {
			return ErrNoSchema
		}
		h := fnv.New64a()
		h.Write([]byte("pgbench-provider " + *schema))
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", int64(h.Sum64())); err != nil {
			return err
		}
		return body()
	})
}
