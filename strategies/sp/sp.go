// Package sp is the strategy of stored procedures: each operation is one call of a function in the schema.
package sp

import (
	"context"
	"embed"

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
	routines = sqlfile.MustLoadRoutines(routineFiles, "routines", "pgbench-provider sp")
)

// Strategy implements [provider.Strategy]. Its zero value is ready.
type Strategy struct{}

var _ provider.Strategy = Strategy{}

// Name is "sp".
func (Strategy) Name() string { return "sp" }

// Install creates the functions in the first schema of the search path and replaces those whose text has changed. A
// function of the same name that is not ours is an error, and is left alone. The caller has begun a transaction.
func (Strategy) Install(ctx context.Context, conn *pgx.Conn) error {
	return routines.Install(ctx, conn)
}

// RoutineHash identifies the text of all routines, so that two runs can be told to have measured the same.
func RoutineHash() string { return routines.Hash() }
