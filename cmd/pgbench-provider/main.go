// Command pgbench-provider compares strategies of talking to PostgreSQL: inline statements and stored procedures.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"pgbench-provider/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
