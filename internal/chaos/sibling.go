package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// An address is what a process of its own is told: how to reach the server, and what to run there.
type address struct {
	Host                     string
	Port                     uint16
	User, Password, Database string
	Schema, Strategy         string
}

// news is what it tells, a JSON object each time.
type news struct {
	Lost     int64    // locks so far
	Began    bool     // a turn, since the last
	Problems []string // errors that are not to be repeated, since the last
}

// A sibling is a process of its own, with dispatchers of turns and nothing else, that signals reach.
type sibling struct {
	command *exec.Cmd
	stdin   io.Closer
	lost    atomic.Int64
	began   chan struct{} // a turn has begun
	ended   chan struct{}
	err     error // that it ended with
}

// startSibling runs the command that is to call [Dispatch].
func (w *world) startSibling() (*sibling, error) {
	s := &sibling{command: exec.Command(w.Dispatcher[0], w.Dispatcher[1:]...), began: make(chan struct{}, 1), ended: make(chan struct{})}
	stdin, err := s.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.stdin = stdin
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("start a process with dispatchers: %w", err)
	}
	go func() {
		s.hear(stdout, w.record)
		s.err = s.command.Wait()
		close(s.ended)
	}()
	c := w.server.Config()
	return s, json.NewEncoder(stdin).Encode(address{c.Host, c.Port, c.User, c.Password, c.Database, w.schema, w.Strategy})
}

func (s *sibling) hear(stdout io.Reader, r *record) {
	for d := json.NewDecoder(stdout); ; {
		var n news
		if d.Decode(&n) != nil {
			return
		}
		for _, problem := range n.Problems {
			r.problem("another process: " + problem)
		}
		s.lost.Store(max(n.Lost, s.lost.Load()))
		if n.Began {
			signal(s.began)
		}
	}
}

// stop ends it, by force when ctx ends first. It may be called again.
func (s *sibling) stop(ctx context.Context) error {
	_ = s.stdin.Close()
	select {
	case <-s.ended:
	case <-ctx.Done():
		_ = s.command.Process.Kill()
		<-s.ended
	}
	return s.err
}

// pause stops the whole process for a while: in the middle of a turn if one begins soon, else whatever it is doing.
func (s *sibling) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-s.began: // long ago, perhaps
	default:
	}
	select {
	case <-s.began:
	case <-time.After(lockTime):
	case <-ctx.Done():
	}
	if err := s.command.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	pause(ctx, d)
	return s.command.Process.Signal(syscall.SIGCONT)
}
