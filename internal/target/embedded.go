package target

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// openEmbedded makes a private cluster in a temporary folder and starts it.
func openEmbedded(ctx context.Context, s Spec, bin binaries) (*Server, error) {
	if _, err := Sweep(ctx); err != nil {
		s.say("sweeping what an earlier run left: %v", err)
	}
	c, err := newCluster(bin)
	if err != nil {
		return nil, err
	}
	if err := c.make(ctx, s); err != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		return nil, errors.Join(err, c.stop(stop))
	}
	return &Server{config: c.config, kind: "embedded", version: bin.version, logPath: c.log(), bin: bin.dir, cluster: c, close: c.stop}, nil
}

// newCluster makes the folder of a cluster, empty but for our marker.
func newCluster(bin binaries) (*cluster, error) {
	owner, err := chooseOwner()
	if err != nil {
		return nil, err
	}
	dir, err := makeFolder()
	if err != nil {
		return nil, err
	}
	return &cluster{bin: bin, dir: dir, owner: owner, password: rand.Text(), findPort: freePort}, nil
}

// make brings a cluster from its folder to a server that answers.
func (c *cluster) make(ctx context.Context, s Spec) error {
	if err := c.owner.give(c.dir); err != nil {
		return err
	}
	if err := c.owner.canEnter(c.dir); err != nil {
		return err
	}
	s.say("making a private PostgreSQL %s", c.bin.version)
	if err := c.initdb(ctx); err != nil {
		return err
	}
	if err := c.configure(s); err != nil {
		return err
	}
	s.say("starting a private PostgreSQL %s", c.bin.version)
	return c.start(ctx)
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
	var problem string
	for _, locale := range []string{"C.UTF-8", "C"} {
		// --no-sync: nothing in the folder outlives the run.
		out, err := c.run(ctx, "initdb", "-D", c.data(), "-U", "bench", "-E", "UTF8", "--locale="+locale,
			"--auth=scram-sha-256", "--pwfile="+pwfile, "--no-sync", "--no-instructions")
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("initdb: %w", ctx.Err())
		}
		problem = fmt.Sprintf("%s initdb: %v: %s", c.bin.version, err, tail(out))
		if err := os.RemoveAll(c.data()); err != nil {
			return err
		}
	}
	return errors.New(problem)
}

// run runs a program of the installation as the cluster's owner and gives what it prints.
func (c *cluster) run(ctx context.Context, program string, args ...string) ([]byte, error) {
	log, err := os.CreateTemp(c.dir, program)
	if err != nil {
		return nil, err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	cmd := exec.Command(c.bin.path(program), args...)
	cmd.Dir, cmd.SysProcAttr = c.dir, c.owner.attributes()
	cmd.Stdout, cmd.Stderr = log, log // a file: children that outlive a killed program cannot keep a pipe open
	exited, err := spawn(cmd)
	if err != nil {
		return nil, err
	}
	select {
	case err = <-exited:
	case <-ctx.Done():
		killGroup(cmd.Process.Pid)
		err = <-exited
	}
	out, _ := os.ReadFile(log.Name())
	return out, err
}

// configure writes what a benchmark needs besides PostgreSQL's own defaults, which stay: fsync and synchronous_commit on.
func (c *cluster) configure(s Spec) error {
	settings := map[string]string{
		"listen_addresses": "127.0.0.1", "unix_socket_directories": c.socketFolder(), "max_connections": "500",
		"log_lock_waits": "on", "log_line_prefix": "%m [%p] %q%a ",
		"lc_messages": "C", // CountInLog looks for English; LANGUAGE would translate C.UTF-8
	}
	if c.hasLibrary("pg_stat_statements") {
		settings["shared_preload_libraries"] = "pg_stat_statements"
	}
	for name, value := range s.Settings {
		settings[name] = value
	}
	var b strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.NewReplacer("'", "''", `\`, `\\`).Replace(value))
	}
	f, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(b.String())
	return errors.Join(err, f.Close())
}

// socketFolder is where the server makes its Unix socket, empty for none: a socket's path must fit into 104 bytes (the
// least of all systems), which a long TMPDIR breaks, and a comma would part it in two.
func (c *cluster) socketFolder() string {
	if len(c.dir)+len("/.s.PGSQL.65535") >= 104 || strings.ContainsAny(c.dir, `,"`) {
		return ""
	}
	return c.dir
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
