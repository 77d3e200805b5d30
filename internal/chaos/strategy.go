package chaos

import (
	"bytes"
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

// forgetful is a strategy some of whose acks commit and get no reply.
type forgetful struct {
	provider.Strategy
	world *world
}

var _ provider.EagerStrategy = forgetfulEager{}

// forgetfulEager is the same for a strategy that hands over.
type forgetfulEager struct {
	forgetful
	eager provider.EagerStrategy
}

// forget wraps a strategy.
func (w *world) forget(s provider.Strategy) provider.Strategy {
	if eager, ok := s.(provider.EagerStrategy); ok {
		return forgetfulEager{forgetful{s, w}, eager}
	}
	return forgetful{s, w}
}

func (f forgetful) AckOrchestrationItem(ctx context.Context, conn *pgx.Conn, a *provider.TurnAck) error {
	f.lose(conn)
	return f.Strategy.AckOrchestrationItem(ctx, conn, a)
}

func (f forgetful) AckOrchestrationItems(ctx context.Context, conn *pgx.Conn, a *provider.TurnAcks) error {
	name := f.Strategy.Name()
	f.loseOf(conn, severalStatements(name) || name == "cte") // which has inline's
	return f.Strategy.AckOrchestrationItems(ctx, conn, a)
}

func (f forgetful) AckWorkItem(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message) error {
	f.lose(conn)
	return f.Strategy.AckWorkItem(ctx, conn, l, now, done)
}

func (f forgetful) AckWorkItems(ctx context.Context, conn *pgx.Conn, l provider.WorkLocks, now int64, done provider.Messages) error {
	f.lose(conn)
	return f.Strategy.AckWorkItems(ctx, conn, l, now, done)
}

func (f forgetfulEager) EnqueueOrchestratorItemAndFetch(ctx context.Context, conn *pgx.Conn, m provider.Message, w provider.Want) (provider.Handover, error) {
	return f.eager.EnqueueOrchestratorItemAndFetch(ctx, conn, m, w)
}

func (f forgetfulEager) AckOrchestrationItemAndFetch(ctx context.Context, conn *pgx.Conn, a *provider.TurnAck, w provider.Want) (provider.Handover, error) {
	f.lose(conn)
	return f.eager.AckOrchestrationItemAndFetch(ctx, conn, a, w)
}

func (f forgetfulEager) AckWorkItemAndFetch(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message, w provider.Want) (provider.Handover, error) {
	f.lose(conn)
	return f.eager.AckWorkItemAndFetch(ctx, conn, l, now, done, w)
}

func (f forgetfulEager) AckWorkItemsAndFetch(ctx context.Context, conn *pgx.Conn, l provider.WorkLocks, now int64, done provider.Messages, w provider.Want) (provider.Handover, error) {
	f.lose(conn)
	return f.eager.AckWorkItemsAndFetch(ctx, conn, l, now, done, w)
}

func (f forgetfulEager) EnqueueOrchestratorItemsAndFetch(ctx context.Context, conn *pgx.Conn, m provider.Messages, w provider.Want) (provider.Handover, error) {
	return f.eager.EnqueueOrchestratorItemsAndFetch(ctx, conn, m, w)
}

func (f forgetfulEager) AckOrchestrationItemsAndFetch(ctx context.Context, conn *pgx.Conn, a *provider.TurnAcks, w provider.Want) (provider.Handover, error) {
	f.lose(conn)
	return f.eager.AckOrchestrationItemsAndFetch(ctx, conn, a, w)
}

func (f forgetful) lose(conn *pgx.Conn) { f.loseOf(conn, severalStatements(f.Strategy.Name())) }

func (f forgetful) loseOf(conn *pgx.Conn, several bool) {
	if f.world.armed.Load() <= 0 || f.world.armed.Add(-1) < 0 {
		return
	}
	f.world.network.loseReply(conn.PgConn().Conn().LocalAddr().String(), commits(several))
}

func severalStatements(strategy string) bool {
	return strategy == "inline" || strings.HasPrefix(strategy, "sp-fetch")
}

// commits tells the write with which an ack commits: what is executed at once is bound first (message B of the protocol), where
// several statements have one of their own for it.
func commits(several bool) func([]byte) bool {
	if several {
		return func(b []byte) bool { return bytes.Contains(b, []byte("commit")) }
	}
	return func(b []byte) bool { return len(b) > 0 && b[0] == 'B' }
}
