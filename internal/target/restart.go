package target

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// How to stop a server: [Server.Halt].
const (
	Fast      = syscall.SIGINT  // sessions are ended, what was committed is written out
	Immediate = syscall.SIGQUIT // sessions are cut off; the next start recovers from the log
	Kill      = syscall.SIGKILL // of the postmaster alone: its children find out by themselves
)

var errNotEmbedded = errors.New("only a private PostgreSQL can be stopped and started again")

// Halt stops an embedded server in one of these ways and keeps its files; [Server.Resume] starts it again. It returns when
// the postmaster is gone, or with ctx's error. It is for one goroutine at a time, as is Close.
func (s *Server) Halt(ctx context.Context, how syscall.Signal) error {
	if s.cluster == nil {
		return errNotEmbedded
	}
	if err := s.cluster.process.Signal(how); err != nil {
		return fmt.Errorf("stop the private PostgreSQL: %w", err)
	}
	select {
	case <-s.cluster.exited:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Died says whether an embedded server has ended although nobody closed it.
func (s *Server) Died() bool {
	if s.cluster == nil {
		return false
	}
	select {
	case <-s.cluster.exited:
		return true
	default:
		return false
	}
}

// Resume starts a halted server on the port that it had and returns when it answers. It tries for 30 s: after a kill the
// server refuses to start while a child of the old one uses the shared memory, and somebody else may hold the port.
func (s *Server) Resume(ctx context.Context) error {
	c := s.cluster
	if c == nil {
		return errNotEmbedded
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if err := c.launch(int(c.config.Port)); err != nil {
			return err
		}
		err := c.answers(ctx)
		if !errors.Is(err, errStopped) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// answers connects until that succeeds; errStopped when the server has exited.
func (c *cluster) answers(ctx context.Context) error {
	for {
		conn, err := pgx.ConnectConfig(ctx, c.config)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.exited:
			return fmt.Errorf("%w: %s", errStopped, c.logTail())
		case <-ctx.Done():
			return fmt.Errorf("start the private PostgreSQL again: %w: %s", ctx.Err(), c.logTail())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
