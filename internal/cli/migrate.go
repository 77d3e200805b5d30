package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"pgbench-provider/internal/target"
	"pgbench-provider/migrations"
	"pgbench-provider/strategies"
)

func (a *app) migrateCommand() *cobra.Command {
	var d databaseFlags
	var schema string
	var asJSON bool
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Create, inspect or remove the tables in a schema of your own",
		Long: `Create, inspect or remove the provider's tables and routines in a schema of your own.

run and compare need none of this: they work in schemas that they create and drop. A database must be named by --dsn or
the environment. A schema that holds things of others is refused, and so is public; down removes only what up has made.`,
		Example: `  pgbench-provider migrate up --schema durable --dsn postgres://app@db.example.com/app
  pgbench-provider migrate status --schema durable
  pgbench-provider migrate down --schema durable`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return usage{errors.New("migrate needs a direction: up, status or down")}
		},
	}
	d.add(c.PersistentFlags())
	c.PersistentFlags().StringVar(&schema, "schema", "", "the `schema` (required)")
	c.PersistentFlags().BoolVar(&asJSON, "json", false, "print JSON (status)")
	for _, s := range []struct {
		use, short string
		run        func(context.Context, *pgx.Conn) error
	}{
		{"up", "Create the schema if it is missing, and what is missing in it", func(ctx context.Context, conn *pgx.Conn) error { return a.migrateUp(ctx, conn, schema) }},
		{"status", "List the migrations and when they were applied", func(ctx context.Context, conn *pgx.Conn) error { return a.migrateStatus(ctx, conn, asJSON) }},
		{"down", "Remove tables and routines; the schema stays", a.migrateDown},
	} {
		example := fmt.Sprintf("  pgbench-provider migrate %s --schema durable --dsn postgres://app@db.example.com/app", s.use)
		c.AddCommand(&cobra.Command{Use: s.use, Short: s.short, Example: example, Args: noArgs, RunE: func(c *cobra.Command, _ []string) error {
			if err := checkSchema(schema); err != nil {
				return usage{err}
			}
			return a.inSchema(c.Context(), &d, schema, s.use == "status", s.run)
		}})
	}
	return c
}

// checkSchema refuses names that PostgreSQL cuts short, cannot store, or takes for another schema in a search path.
func checkSchema(name string) error {
	switch {
	case name == "":
		return errors.New("--schema is missing: name the schema")
	case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
		return fmt.Errorf("--schema %.40q is not text that PostgreSQL can store: give UTF-8", name)
	case len(name) > maxIdentifier:
		return fmt.Errorf("--schema %.20q... has %d bytes: PostgreSQL keeps %d of a name", name, len(name), maxIdentifier)
	case name == "$user" || strings.HasPrefix(name, "pg_"):
		return fmt.Errorf("--schema %.40q means something else to PostgreSQL: choose another name", name)
	}
	return nil
}

// maxIdentifier is PostgreSQL's NAMEDATALEN less the byte that ends it.
const maxIdentifier = 63

// inSchema connects to a database that the caller named, with schema as its search path.
func (a *app) inSchema(ctx context.Context, d *databaseFlags, schema string, reads bool, body func(context.Context, *pgx.Conn) error) error {
	server, err := a.named(ctx, d, reads)
	if err != nil {
		return err
	}
	defer server.Close(context.WithoutCancel(ctx))
	config := server.Config()
	config.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return body(ctx, conn)
}

// named opens a database that exists without us: one that was started for the command would be empty, and gone at its end.
// For what only reads a standby will do.
func (a *app) named(ctx context.Context, d *databaseFlags, reads bool) (*target.Server, error) {
	spec := a.spec(d, nil)
	spec.Reads = reads
	if !spec.Named() {
		return nil, usage{errors.New("no database is named: give --dsn, or set PGBENCH_PROVIDER_DSN, DATABASE_URL or PGHOST")}
	}
	return target.Open(ctx, spec)
}

func (a *app) migrateUp(ctx context.Context, conn *pgx.Conn, name string) error {
	schema := conn.Config().RuntimeParams["search_path"]
	inside, err := target.Look(ctx, conn, name)
	if err != nil {
		return err
	}
	if err := inside.MayHold(name); err != nil {
		return err
	}
	if err := createSchema(ctx, conn, schema, inside.Exists); err != nil {
		return err
	}
	var installers []migrations.Installer
	for _, s := range strategies.All() {
		installers = append(installers, s)
	}
	if err := migrations.Apply(ctx, conn, installers...); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "schema %s is up to date\n", schema)
	return nil
}

// createSchema creates a schema that is missing: one that exists may be all that the role has.
func createSchema(ctx context.Context, conn *pgx.Conn, quoted string, exists bool) error {
	if exists {
		return nil
	}
	_, err := conn.Exec(ctx, "create schema if not exists "+quoted)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42501" {
		c := conn.Config()
		return fmt.Errorf("%s may not create schema %s: as the database's owner: GRANT CREATE ON DATABASE %s TO %s",
			c.User, quoted, pgx.Identifier{c.Database}.Sanitize(), pgx.Identifier{c.User}.Sanitize())
	}
	return err
}

func (a *app) migrateDown(ctx context.Context, conn *pgx.Conn) error {
	if err := migrations.Drop(ctx, conn); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "tables and routines are removed from schema %s, which stays\n", conn.Config().RuntimeParams["search_path"])
	return nil
}

func (a *app) migrateStatus(ctx context.Context, conn *pgx.Conn, asJSON bool) error {
	list, err := migrations.Status(ctx, conn)
	if err != nil {
		return err
	}
	type row struct {
		Version   int64      `json:"version"`
		Name      string     `json:"name"`
		AppliedAt *time.Time `json:"applied_at"`
	}
	rows := make([]row, len(list))
	for i, m := range list {
		rows[i] = row{Version: m.Version, Name: m.Name}
		if !m.AppliedAt.IsZero() {
			rows[i].AppliedAt = &list[i].AppliedAt
		}
	}
	if asJSON {
		return json.NewEncoder(a.out).Encode(rows)
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		applied := "not applied"
		if r.AppliedAt != nil {
			applied = r.AppliedAt.UTC().Format(time.DateTime)
		}
		fmt.Fprintf(t, "%04d\t%s\t%s\n", r.Version, r.Name, applied)
	}
	return t.Flush()
}
