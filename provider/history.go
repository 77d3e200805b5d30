package provider

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ReadHistory returns the events of the instance's highest execution, in order; none, and no error, for an instance that
// left no trace. Fails with [ErrCorrupt] when an event cannot be decoded.
func (p *Provider) ReadHistory(ctx context.Context, instance string) ([]Event, error) {
	return p.read(ctx, "read_history", instance, func(conn *pgx.Conn) ([]string, error) {
		return p.strategy.ReadHistory(ctx, conn, instance)
	})
}

// ReadExecution returns the events of one execution, in order, like [Provider.ReadHistory].
func (p *Provider) ReadExecution(ctx context.Context, instance string, execution int64) ([]Event, error) {
	return p.read(ctx, "read_execution", instance, func(conn *pgx.Conn) ([]string, error) {
		return p.strategy.ReadExecution(ctx, conn, instance, execution)
	})
}

func (p *Provider) read(ctx context.Context, op, instance string, rows func(*pgx.Conn) ([]string, error)) ([]Event, error) {
	if err := checkID("instance id", instance); err != nil {
		return nil, p.refuse(op, err)
	}
	var data []string
	err := p.once(ctx, op, func(conn *pgx.Conn) (err error) {
		data, err = rows(conn)
		return err
	})
	if err != nil {
		return nil, err
	}
	events, err := decodeHistory(data)
	if err != nil {
		return nil, p.refuse(op, err)
	}
	return events, nil
}

// AppendHistory adds events to an execution outside any turn. An event whose id is there already is left alone, so that
// the call may be repeated. Fails with [ErrInvalid] for an event id below 1 or an execution id below 1.
func (p *Provider) AppendHistory(ctx context.Context, instance string, execution int64, events []Event) error {
	const op = "append_history"
	err := checkID("instance id", instance)
	if err == nil && execution < 1 {
		err = fmt.Errorf("%w: execution id %d is below 1", ErrInvalid, execution)
	}
	rows, encodeErr := encodeEvents(events)
	if err == nil {
		err = encodeErr
	}
	if err != nil {
		return p.refuse(op, err)
	}
	return p.once(ctx, op, func(conn *pgx.Conn) error {
		return p.strategy.AppendHistory(ctx, conn, instance, execution, p.Now(), rows)
	})
}
