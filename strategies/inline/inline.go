// Package inline is the strategy without server-side routines: each operation is one or several statements, a round trip
// each, in a transaction where there are several. It is what a good engineer writes who keeps the logic in the client.
package inline

import (
	"context"
	"embed"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/sqlfile"
	"pgbench-provider/provider"
)

//go:embed sql
var files embed.FS

var sql = Statements("inline")

// Statements gives the statements of this package under another strategy's name: for one that sends the same, otherwise.
func Statements(strategy string) sqlfile.Set { return sqlfile.MustLoad(files, "sql", strategy) }

// Strategy implements [provider.Strategy]. Its zero value is ready.
type Strategy struct{}

var _ provider.Strategy = Strategy{}

// Name is "inline".
func (Strategy) Name() string { return "inline" }

// Install does nothing: there are no routines.
func (Strategy) Install(context.Context, *pgx.Conn) error { return nil }

// held runs a statement that must touch the row that the caller has locked.
func held(ctx context.Context, q execer, statement string, args ...any) error {
	tag, err := q.Exec(ctx, statement, args...)
	if err == nil && tag.RowsAffected() == 0 {
		return provider.ErrLockLost
	}
	return err
}
