package bench

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

// A Fault is put into an arm on purpose, to see whether a gate finds it.
type Fault struct {
	Strategy  string        `json:"strategy"` // that gets it
	Operation string        `json:"operation"`
	Delay     time.Duration `json:"delay_ns,omitempty"`  // that the server works longer on each call; the operation must be a function
	Statement bool          `json:"statement,omitempty"` // one statement more in each call; ack_orchestration_item only
	// As names an arm of its own, which runs beside the sound one; "" is the strategy itself.
	As string `json:"as,omitempty"`
}

func (f Fault) validate(c *Config) error {
	switch {
	case !slices.Contains(c.Strategies, f.Strategy):
		return fmt.Errorf("%w: fault: %s is not among --strategies", ErrConfig, f.Strategy)
	case f.Delay < 0 || f.Delay == 0 && !f.Statement:
		return fmt.Errorf("%w: fault: give a delay above 0 or a statement", ErrConfig)
	case slices.ContainsFunc(c.Faults, func(g Fault) bool { return g != f && g.As == f.As && g.Strategy == f.Strategy }) || slices.Contains(c.Strategies, f.As):
		return fmt.Errorf("%w: fault: two arms would be called %s", ErrConfig, cmp.Or(f.As, f.Strategy))
	case f.Statement && f.Operation != "ack_orchestration_item":
		return fmt.Errorf("%w: fault: a statement can be added to ack_orchestration_item, not to %s", ErrConfig, f.Operation)
	}
	return nil
}

//go:embed fault.sql
var spend string

const definition = `
select pg_get_functiondef(oid) from pg_proc
where pronamespace = (select oid from pg_namespace where nspname = current_schema()) and proname = $1`

// install makes the function of the operation spend Delay before it does its work.
func (f Fault) install(ctx context.Context, conn *pgx.Conn) error {
	if f.Delay == 0 {
		return nil
	}
	var text string
	if err := conn.QueryRow(ctx, definition, f.Operation).Scan(&text); err != nil {
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return fmt.Errorf("%w: fault: strategy %s has no function %s to slow down", ErrConfig, f.Strategy, f.Operation)
	}
	before, after, ok := strings.Cut(text, "\nbegin\n")
	if !ok {
		return fmt.Errorf("%w: fault: function %s is not written in PL/pgSQL", ErrConfig, f.Operation)
	}
	slow := fmt.Sprintf("%s\nbegin\n    perform spend(%d);\n%s", before, f.Delay.Microseconds(), after)
	for _, sql := range []string{spend, slow} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("fault: %w", err)
		}
	}
	return nil
}

// wordy sends a statement more than its strategy.
type wordy struct{ provider.Strategy }

func (w wordy) AckOrchestrationItem(ctx context.Context, conn *pgx.Conn, a *provider.TurnAck) error {
	if _, err := conn.Exec(ctx, "-- name: fault.ack_orchestration_item.surplus\nselect 1"); err != nil {
		return err
	}
	return w.Strategy.AckOrchestrationItem(ctx, conn, a)
}
