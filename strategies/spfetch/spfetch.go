// Package spfetch is the strategy of a migration half done: fetch_orchestration_item, and that of several, by stored procedure, the rest inline.
// It is the middle column of the measurement that this tool began with.
package spfetch

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
	"pgbench-provider/strategies/inline"
	"pgbench-provider/strategies/sp"
)

// Strategy implements [provider.Strategy]. Its zero value is ready.
type Strategy struct{ inline.Strategy }

var _ provider.Strategy = Strategy{}

// Name is "sp-fetch".
func (Strategy) Name() string { return "sp-fetch" }

// Install installs the routines of sp.
func (Strategy) Install(ctx context.Context, conn *pgx.Conn) error {
	return sp.Strategy{}.Install(ctx, conn)
}

// FetchOrchestrationItem is sp's.
func (Strategy) FetchOrchestrationItem(ctx context.Context, conn *pgx.Conn, l provider.Lock) (*provider.Turn, error) {
	return sp.Strategy{}.FetchOrchestrationItem(ctx, conn, l)
}

// FetchOrchestrationItems is sp's.
func (Strategy) FetchOrchestrationItems(ctx context.Context, conn *pgx.Conn, l provider.Lock, n int) ([]*provider.Turn, error) {
	return sp.Strategy{}.FetchOrchestrationItems(ctx, conn, l, n)
}
