package bench

import (
	"context"
	"fmt"
	"hash/fnv"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pooler"
	"pgbench-provider/internal/target"
	"pgbench-provider/migrations"
)

// schemaFor gives the schema of a new cell: one of its own, or the one that was given for all.
func (b *benchmark) schemaFor(ctx context.Context) (string, error) {
	if b.Schema != "" {
		return b.Schema, nil
	}
	create := target.CreateHeldSchema
	if b.Keep || b.server.Pooler() != pooler.None { // a pooler's sessions outlive their clients
		create = target.CreateSchema
	}
	name, err := create(ctx, b.admin, schemaPrefix)
	if err == nil {
		b.schemas = append(b.schemas, name)
	}
	return name, err
}

// sweep removes what killed runs left. What cannot be removed is no reason not to run.
func (b *benchmark) sweep(ctx context.Context) {
	if b.server.Temporary() || b.server.Pooler() != pooler.None {
		return
	}
	if _, err := target.SweepSchemas(ctx, b.admin); err != nil && ctx.Err() == nil {
		b.file.Warnings = append(b.file.Warnings, fmt.Sprintf("What an earlier run left could not be removed: %v.", err))
	}
}

// prepareGiven makes the tables in the schema that was given. It refuses one in which anything is, but for what a killed
// run left, which it removes.
func (b *benchmark) prepareGiven(ctx context.Context) error {
	if b.Schema == "" {
		return nil
	}
	inside, err := target.Look(ctx, b.admin, b.Schema)
	if err != nil {
		return err
	}
	switch err := inside.MayHold(b.Schema); {
	case err != nil:
		return err
	case !inside.Exists:
		return fmt.Errorf("%w: there is no schema %q: create it, or leave --schema out", ErrConfig, b.Schema)
	case inside.Ours && !inside.Left:
		return fmt.Errorf("%w: schema %q holds tables that migrate made, and what is in them: give an empty one", ErrConfig, b.Schema)
	}
	if err := b.claim(ctx, b.admin); err != nil {
		return err
	}
	return b.inGiven(ctx, func(conn *pgx.Conn) error {
		if err := migrations.Drop(ctx, conn); err != nil {
			return err
		}
		if err := migrations.Apply(ctx, conn); err != nil {
			return err
		}
		b.given = true
		return target.MarkLeft(ctx, conn)
	})
}

// claim takes the schema for this run until its connection ends: however that comes about, the next run may have it.
// Behind a pooler that parts sessions by transaction there is nothing that ends with this run, so none is taken.
func (b *benchmark) claim(ctx context.Context, conn *pgx.Conn) error {
	if b.server.Pooler() == pooler.Transaction {
		return nil
	}
	h := fnv.New64a()
	h.Write([]byte("pgbench-provider run " + b.Schema))
	var got bool
	if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", int64(h.Sum64())).Scan(&got); err != nil {
		return err
	}
	if !got {
		return fmt.Errorf("another run is using schema %q: wait for it, or give another", b.Schema)
	}
	return nil
}

func (b *benchmark) dropGiven(ctx context.Context) error {
	if !b.given || b.Keep {
		return nil
	}
	b.given = false
	return b.inGiven(ctx, func(conn *pgx.Conn) error { return migrations.Drop(ctx, conn) })
}

func (b *benchmark) inGiven(ctx context.Context, body func(*pgx.Conn) error) error {
	config := b.server.Config()
	config.RuntimeParams["search_path"] = pgx.Identifier{b.Schema}.Sanitize()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return body(conn)
}
