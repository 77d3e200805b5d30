package target

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// openEmbedded makes a private cluster in a temporary folder and starts it.
func openEmbedded(ctx context.Context, s Spec, bin binaries) (*Server, error) {
	if _, err := Sweep(ctx); err != nil {
		s.say("sweeping what an earlier run left: %v", err)
	}
	owner, err := chooseOwner()
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, owner: owner, password: rand.Text()}
	if c.dir, err = os.MkdirTemp("", folderPrefix); err != nil {
		return nil, err
	}
	if err := c.start(ctx, s); err != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		return nil, errors.Join(err, c.stop(stop))
	}
	return &Server{config: c.config, kind: "embedded", version: bin.version, logPath: c.log(), close: c.stop}, nil
}

// A cluster is a private PostgreSQL that this process started.
type cluster struct {
	bin      binaries
	dir      string
	owner    *owner
	password string
	port     int
	config   *pgx.ConnConfig
	process  *exec.Cmd
	exited   chan struct{}
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }
func (c *cluster) log() string  { return filepath.Join(c.dir, "server.log") }

func (c *cluster) start(ctx context.Context, s Spec) error {
	if err := writeMarker(c.dir); err != nil {
		return err
	}
	if err := c.owner.give(c.dir); err != nil {
		return err
	}
	s.say("making a private PostgreSQL %s", c.bin.version)
	if err := c.initdb(ctx); err != nil {
		return err
	}
	var err error
	if c.port, err = freePort(); err != nil {
		return err
	}
	if err := c.configure(s); err != nil {
		return err
	}
	s.say("starting a private PostgreSQL %s", c.bin.version)
	if err := c.launch(); err != nil {
		return err
	}
	return c.await(ctx)
}

func (c *cluster) initdb(ctx context.Context) error {
	pwfile := filepath.Join(c.dir, "pw")
	if err := os.WriteFile(pwfile, []byte(c.password), 0o600); err != nil {
		return err
	}
	defer os.Remove(pwfile)
	if err := c.owner.give(pwfile); err != nil {
		return err
	}
	var out []byte
	var err error
	for _, locale := range []string{"C.UTF-8", "C"} {
		cmd := exec.CommandContext(ctx, c.bin.path("initdb"), "-D", c.data(), "-U", "bench", "-E", "UTF8", "--locale="+locale,
			"--auth=scram-sha-256", "--pwfile="+pwfile, "--no-sync", "--no-instructions")
		cmd.Dir, cmd.SysProcAttr = c.dir, c.owner.attributes()
		if out, err = cmd.CombinedOutput(); err == nil {
			return nil
		}
		if removeErr := os.RemoveAll(c.data()); removeErr != nil {
			return removeErr
		}
	}
	return fmt.Errorf("initdb failed: %s", tail(out))
}

// configure writes what a benchmark needs besides PostgreSQL's own defaults, which stay: fsync and synchronous_commit on.
func (c *cluster) configure(s Spec) error {
	settings := map[string]string{
		"listen_addresses": "127.0.0.1", "port": fmt.Sprint(c.port), "unix_socket_directories": c.dir,
		"max_connections": "200", "log_lock_waits": "on", "log_line_prefix": "%m [%p] %q%a ",
	}
	if c.hasLibrary("pg_stat_statements") {
		settings["shared_preload_libraries"] = "pg_stat_statements"
	}
	for name, value := range s.Settings {
		settings[name] = value
	}
	var b strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(value, "'", "''"))
	}
	f, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(b.String())
	return errors.Join(err, f.Close())
}

func (c *cluster) hasLibrary(name string) bool {
	dirs := []string{filepath.Join(c.bin.dir, "..", "lib"), filepath.Join(c.bin.dir, "..", "lib", "postgresql")}
	if out, err := exec.Command(c.bin.path("pg_config"), "--pkglibdir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, dir := range dirs {
		for _, ending := range []string{".so", ".dylib"} {
			if _, err := os.Stat(filepath.Join(dir, name+ending)); err == nil {
				return true
			}
		}
	}
	return false
}

// launch starts the server in a process group of its own, so that a terminal's Ctrl-C reaches only us and we stop it in
// order.
func (c *cluster) launch() error {
	log, err := os.OpenFile(c.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(c.bin.path("postgres"), "-D", c.data())
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, log, log
	cmd.SysProcAttr = c.owner.attributes()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	c.process, c.exited = cmd, make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended stands in its log
		close(c.exited)
	}()
	return nil
}

const startTimeout = 30 * time.Second

// await connects until the server answers, and creates the database.
func (c *cluster) await(ctx context.Context) error {
	config, err := pgx.ParseConfig(fmt.Sprintf("host=127.0.0.1 port=%d user=bench password=%s dbname=postgres sslmode=disable connect_timeout=5", c.port, c.password))
	if err != nil {
		return err
	}
	config.RuntimeParams["application_name"] = applicationName
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
			return ctx.Err()
		case <-c.exited:
			return fmt.Errorf("the private PostgreSQL stopped at once: %s", c.logTail())
		case <-time.After(50 * time.Millisecond):
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

// stop shuts the server down, ever more firmly, and removes the folder. A second call does nothing.
func (c *cluster) stop(ctx context.Context) error {
	if c.process != nil {
		for _, step := range []struct {
			signal syscall.Signal
			wait   time.Duration
		}{{syscall.SIGINT, 1500 * time.Millisecond}, {syscall.SIGQUIT, 500 * time.Millisecond}, {syscall.SIGKILL, time.Second}} {
			_ = c.process.Process.Signal(step.signal)
			if c.gone(step.wait) {
				break
			}
		}
		c.process = nil
	}
	return os.RemoveAll(c.dir)
}

func (c *cluster) gone(wait time.Duration) bool {
	select {
	case <-c.exited:
		return true
	case <-time.After(wait):
		return false
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
