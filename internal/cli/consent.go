package cli

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/target"
)

// consent refuses to load a server on another machine that holds tables of others, unless the caller said yes.
func consent(ctx context.Context, server *target.Server, yes bool) error {
	if yes || server.Temporary() || server.Loopback() {
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, server.Config())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	tables, err := target.ForeignTables(ctx, conn)
	if err != nil || tables == 0 {
		return err
	}
	return usage{fmt.Errorf("%s is not on this machine and holds tables of others (%d): a run takes processor, disk and connections from those who use them, and touches none of them: give --yes to load it",
		server.Address(), tables)}
}
