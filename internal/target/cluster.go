package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// A cluster is a private PostgreSQL that this process started.
type cluster struct {
	bin      binaries
	dir      string
	owner    *owner
	password string
	findPort func() (int, error)
	config   *pgx.ConnConfig
	process  *os.Process // nil before the start
	exited   <-chan error
	once     sync.Once
	stopped  error
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }
func (c *cluster) log() string  { return filepath.Join(c.dir, "server.log") }

const (
	startTimeout = 30 * time.Second
	startTries   = 5
	portTaken    = "could not bind IPv4 address"
)

var errStopped = errors.New("the private PostgreSQL stopped at once")

// start launches the server on a free port. Between looking and binding somebody else may take the port: then another.
func (c *cluster) start(ctx context.Context) error {
	for try := 1; ; try++ {
		port, err := c.findPort()
		if err != nil {
			return err
		}
		if err := os.Truncate(c.log(), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := c.launch(port); err != nil {
			return err
		}
		if err = c.await(ctx, port); err == nil {
			return nil
		}
		log, _ := os.ReadFile(c.log())
		if try == startTries || !errors.Is(err, errStopped) || !strings.Contains(string(log), portTaken) {
			return err
		}
	}
}

// launch starts the server in a process group of its own, so that a terminal's Ctrl-C reaches only us and we stop it in
// order. The port is an argument: it changes from try to try.
func (c *cluster) launch(port int) error {
	log, err := os.OpenFile(c.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(c.bin.path("postgres"), "-D", c.data(), "-p", strconv.Itoa(port))
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, log, log
	cmd.SysProcAttr = c.owner.attributes()
	exited, err := spawn(cmd)
	if err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	c.process, c.exited = cmd.Process, exited
	return nil
}

// await connects until the server answers, and creates the database.
func (c *cluster) await(ctx context.Context, port int) error {
	config, err := private("127.0.0.1", strconv.Itoa(port), c.password, "postgres")
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(startTimeout); ; {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err == nil {
			_, err = conn.Exec(ctx, "create database bench")
			err = errors.Join(err, conn.Close(ctx))
			config.Database = "bench"
			c.config = config
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("start a private PostgreSQL: %w", ctx.Err())
		case <-c.exited:
			return fmt.Errorf("%w: %s", errStopped, c.logTail())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the private PostgreSQL did not answer within %v: %s", startTimeout, c.logTail())
		}
	}
}

func (c *cluster) logTail() string {
	b, _ := os.ReadFile(c.log())
	return tail(b)
}

// tail is the last few lines, in one.
func tail(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " | ")
}

// stop shuts the server down, ever more firmly, and removes the folder. The end of ctx shortens the waiting only: a server
// is never left behind.
func (c *cluster) stop(ctx context.Context) error {
	c.once.Do(func() {
		c.shutDown(ctx)
		c.stopped = removeFolder(c.dir)
	})
	return c.stopped
}

// shutDown asks for a fast shutdown, then for an immediate one, then kills.
func (c *cluster) shutDown(ctx context.Context) {
	if c.process == nil {
		return
	}
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 2 * time.Second}, {syscall.SIGQUIT, time.Second}} {
		_ = c.process.Signal(step.signal)
		select {
		case <-c.exited:
			return
		case <-ctx.Done():
		case <-time.After(step.wait):
		}
	}
	// An immediate shutdown ends the backends too, so it gets a moment even when ctx leaves none.
	select {
	case <-c.exited:
		return
	case <-time.After(200 * time.Millisecond):
	}
	_ = c.process.Kill()
	<-c.exited
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
