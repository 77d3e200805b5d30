package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"pgbench-provider/internal/target"
)

func (a *app) cleanCommand() *cobra.Command {
	var d databaseFlags
	var olderThan time.Duration
	c := &cobra.Command{
		Use:   "clean",
		Short: "Remove what killed runs left, and nothing else",
		Long: `Remove what killed runs left: private PostgreSQL servers and their folders on this machine, and, in a database that
is named by --dsn or the environment, the schemas that carry this program's mark.

Servers and schemas of runs that still live are never touched. Where a run reached its database through a pooler nobody can
tell whether it lives; such schemas, and those that were kept with --keep, are dropped once they are older than --older-than.`,
		Example: `  pgbench-provider clean
  pgbench-provider clean --dsn postgres://bench@db.example.com/app --older-than 10m`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if olderThan < 0 {
				return usage{fmt.Errorf("--older-than %v is negative: give for example 1h", olderThan)}
			}
			removed, err := target.Sweep(c.Context())
			for _, dir := range removed {
				fmt.Fprintf(a.out, "removed the private server in %s\n", dir)
			}
			if err != nil {
				return err
			}
			if !a.spec(&d, nil).Named() {
				_, err := fmt.Fprintf(a.out, "%d private servers removed; no database is named, so no schema was looked for\n", len(removed))
				return err
			}
			return a.cleanSchemas(c.Context(), &d, olderThan)
		},
	}
	d.add(c.Flags())
	c.Flags().DurationVar(&olderThan, "older-than", time.Hour, "leave schemas alone that are younger than this `age`, where nobody can tell whether their run lives")
	return c
}

func (a *app) cleanSchemas(ctx context.Context, d *databaseFlags, olderThan time.Duration) (err error) {
	server, err := a.named(ctx, d, false)
	if err != nil {
		return err
	}
	defer closeServer(ctx, server, &err)
	conn, err := pgx.ConnectConfig(ctx, server.Config())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	left, err := target.LeftSchemas(ctx, conn)
	if err != nil {
		return err
	}
	dropped := 0
	for _, s := range left {
		if s.Life == target.Alive {
			fmt.Fprintf(a.out, "left alone: schema %s, whose run still works\n", s.Name)
			continue
		}
		if s.Life == target.Unknown && time.Since(s.CreatedAt) < olderThan {
			fmt.Fprintf(a.out, "left alone: schema %s, %v old, younger than --older-than %v\n", s.Name, time.Since(s.CreatedAt).Round(time.Second), olderThan)
			continue
		}
		if err := target.DropSchema(ctx, conn, s.Name); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "dropped schema %s\n", s.Name)
		dropped++
	}
	_, err = fmt.Fprintf(a.out, "%d of %d schemas dropped\n", dropped, len(left))
	return err
}
