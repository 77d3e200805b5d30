// Package pipeline is the strategy of inline statements in one network flush: no server-side routines, and one round trip
// all the same. It separates the two things that a stored procedure changes at once.
//
// A flush is one transaction without begin and commit. No statement of it may depend on an answer to another, which it
// need not: the lock token is the client's, the instance travels in a setting of the transaction, and what must stop the
// rest raises an error. What is a single statement in inline, and what only administrators call, is inline's.
package pipeline

import (
	"context"
	"embed"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgbench-provider/internal/sqlfile"
	"pgbench-provider/provider"
	"pgbench-provider/strategies/inline"
)

//go:embed sql
var files embed.FS

var (
	sql    = sqlfile.MustLoad(files, "sql", "pipeline")
	shared = inline.Statements("pipeline")
)

// Strategy implements [provider.Strategy]. Its zero value is ready.
type Strategy struct{ inline.Strategy }

var _ provider.Strategy = Strategy{}

// Name is "pipeline".
func (Strategy) Name() string { return "pipeline" }

// flush sends the statements at once and waits for all of them.
func flush(ctx context.Context, conn *pgx.Conn, b *pgx.Batch) error {
	return lost(conn.SendBatch(ctx, b).Close())
}

// divisionByZero is how a check_lock statement says that the lock is not held.
const divisionByZero = "22012"

func lost(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == divisionByZero {
		return provider.ErrLockLost
	}
	return err
}
