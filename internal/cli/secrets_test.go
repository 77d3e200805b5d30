package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
)

// The password of a role, and a wrong one. What is looked for is the beginning, because messages cut their quotes short.
const (
	rightSecret = "pl4nted-R1ght"
	wrongSecret = "pl4nted-Wr0ng"
)

// A histogram's base64 may hold the beginning by chance, in a longer word than the password's first.
var planted = regexp.MustCompile(`pl4n[A-Za-z0-9+/]{0,7}([^A-Za-z0-9+/]|$)`)

// A secretRun is one command with a password in its arguments, its environment or a file.
type secretRun struct {
	t       *testing.T
	program string
	dir     string // where it runs, and writes
	home    string // where the password files are
	where   *pgx.ConnConfig
	seen    *bytes.Buffer // everything it printed
	brief   bool          // one command of a kind is enough: how they open a database is the same
}

// TestSecretsAppearNowhere plants a password in every place that libpq knows and reads every byte that comes out.
func TestSecretsAppearNowhere(t *testing.T) {
	t.Parallel()
	path := program(t)
	role(t, "planted", rightSecret)
	for way, plant := range plants {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			r := &secretRun{t: t, program: path, dir: tmpdir(t), home: tmpdir(t), where: pgtest.Server(t).Config(), seen: &bytes.Buffer{}, brief: way != "URL" && way != "service"}
			args, env := plant(r, rightSecret, r.where.Port)
			r.succeed(args, env)
			args, env = plant(r, wrongSecret, r.where.Port)
			r.fail(args, env, "refused user")
			args, env = plant(r, rightSecret, 1)
			r.fail(args, env, "cannot be reached")
			r.misuse(args, env)
			r.search()
		})
	}
}

// plants give the arguments and the environment that name the server and hold the password.
var plants = map[string]func(r *secretRun, password string, port uint16) (args, env []string){
	"URL": func(r *secretRun, password string, port uint16) ([]string, []string) {
		return []string{"--dsn", fmt.Sprintf("postgres://planted:%s@%s:%d/%s?sslmode=disable", password, r.where.Host, port, r.where.Database)}, nil
	},
	"keywords": func(r *secretRun, password string, port uint16) ([]string, []string) {
		return []string{"--dsn=" + r.keywords(port) + " password='" + password + "'"}, nil
	},
	"PGBENCH_PROVIDER_DSN": func(r *secretRun, password string, port uint16) ([]string, []string) {
		return nil, []string{"PGBENCH_PROVIDER_DSN=" + r.keywords(port) + " password=" + password}
	},
	"DATABASE_URL": func(r *secretRun, password string, port uint16) ([]string, []string) {
		return nil, []string{fmt.Sprintf("DATABASE_URL=postgres://%s:%d/%s?user=planted&password=%s&sslmode=disable", r.where.Host, port, r.where.Database, password)}
	},
	"PGPASSWORD": func(r *secretRun, password string, port uint16) ([]string, []string) {
		return nil, append(r.variables(port), "PGPASSWORD="+password)
	},
	"passfile": func(r *secretRun, password string, port uint16) ([]string, []string) {
		return nil, append(r.variables(port), "PGPASSFILE="+r.file("pgpass", fmt.Sprintf("*:*:*:planted:%s\n", password)))
	},
	"home passfile": func(r *secretRun, password string, port uint16) ([]string, []string) {
		r.file(".pgpass", fmt.Sprintf("*:*:*:planted:%s\n", password))
		return []string{"--dsn", r.keywords(port)}, nil
	},
	"service": func(r *secretRun, password string, port uint16) ([]string, []string) {
		file := r.file("service.conf", fmt.Sprintf("[bench]\nhost=%s\nport=%d\ndbname=%s\nuser=planted\nsslmode=disable\npassword=%s\n",
			r.where.Host, port, r.where.Database, password))
		return nil, []string{"PGSERVICE=bench", "PGSERVICEFILE=" + file}
	},
}

func (r *secretRun) keywords(port uint16) string {
	return fmt.Sprintf("host=%s port=%d dbname=%s user=planted sslmode=disable", r.where.Host, port, r.where.Database)
}

func (r *secretRun) variables(port uint16) []string {
	return []string{"PGHOST=" + r.where.Host, fmt.Sprintf("PGPORT=%d", port), "PGDATABASE=" + r.where.Database, "PGUSER=planted", "PGSSLMODE=disable"}
}

func (r *secretRun) file(name, content string) string {
	r.t.Helper()
	path := filepath.Join(r.home, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return path
}

// run runs the program in an environment of its own and gives its exit code.
func (r *secretRun) run(env []string, args ...string) int {
	r.t.Helper()
	cmd := exec.Command(r.program, args...)
	cmd.Dir = r.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.home, "TMPDIR=" + r.dir, "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY=" + filepath.Join(r.dir, "summary.md")}, env...)
	out, err := cmd.CombinedOutput()
	r.seen.Write(out)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// succeed runs every command that opens a database, and those that go on with what it wrote.
func (r *secretRun) succeed(dsn, env []string) {
	r.t.Helper()
	short := []string{"--strategy", "sp", "--orchestrations", "5", "--in-flight", "2", "--no-verify", "--out"}
	for _, args := range [][]string{
		append(append([]string{"run"}, short...), "run.json"),
		{"compare", "--rounds", "5", "--round", "50ms", "--no-verify", "--json", "--out", "compare.json"},
		{"doctor"}, {"doctor", "--json"},
		{"migrate", "up", "--schema", r.schema()}, {"migrate", "status", "--schema", r.schema(), "--json"}, {"migrate", "down", "--schema", r.schema()},
		{"clean", "--older-than", "24h"},
	} {
		if r.brief && args[0] != "run" && args[0] != "doctor" {
			continue
		}
		if code := r.run(env, append(args, dsn...)...); code != 0 {
			r.t.Fatalf("%s: exit %d: %s", args, code, r.seen)
		}
	}
	if r.brief {
		return
	}
	for _, args := range [][]string{
		{"report", "run.json", "--format", "json"}, {"report", "compare.json", "--format", "html"}, {"report", "run.json", "--format", "markdown"},
		{"history", "append", "--history", "h.jsonl", "run.json", "compare.json"}, {"history", "show", "--history", "h.jsonl", "--json"},
		{"baseline", "save", "base.json", "compare.json"}, {"gate", "--baseline", "base.json", "compare.json"},
	} {
		if code := r.run(env, args...); code == 2 || code == 3 { // what so short a run says of speed does not matter
			r.t.Fatalf("%s: exit %d: %s", args, code, r.seen)
		}
	}
}

// schema is one for each way: they run at once.
func (r *secretRun) schema() string { return "planted_" + filepath.Base(r.dir) }

// fail runs every command that opens a database, and wants each to fail for the reason that is told.
func (r *secretRun) fail(dsn, env []string, reason string) {
	r.t.Helper()
	for _, args := range [][]string{
		{"run", "--out", "no.json"}, {"compare", "--out", "no.json"}, {"sweep", "--out", "no.json"}, {"doctor"}, {"migrate", "up", "--schema", "x"}, {"clean"}, {"verify"},
		{"baseline", "save", "no.json"}, {"gate", "--baseline", "base.json"},
	} {
		if r.brief && args[0] != "run" && args[0] != "doctor" {
			continue
		}
		from := r.seen.Len()
		code := r.run(env, append(args, dsn...)...)
		if said := r.seen.String()[from:]; code != 3 && args[0] != "gate" || code == 0 || args[0] != "gate" && !strings.Contains(said, reason) {
			r.t.Errorf("%s: exit %d: %s", args, code, said)
		}
	}
}

// misuse gives options that are wrong beside the password, or around it.
func (r *secretRun) misuse(dsn, env []string) {
	r.t.Helper()
	for _, args := range [][]string{
		{"run", "--nope"}, {"run", "--rtt", "x"}, {"run", "surplus"}, {"rum"}, {"run", "--container", "x"}, {"migrate", "up"}, {"report"}, {"gate", "--baseline", "none.json"},
	} {
		if code := r.run(env, append(args, dsn...)...); code != 2 && args[len(args)-1] != "x" {
			r.t.Errorf("%s: exit %d", args, code)
		}
	}
	if r.brief {
		return
	}
	for _, broken := range []string{"postgres://somebody-with-a-long-name:" + rightSecret + "@h/db", "postgres://planted:" + rightSecret + "@host:port/db", "postgres://planted:a@" + rightSecret + "@h/db", "postgres://u:" + rightSecret + "%zz@h",
		"password=" + rightSecret + " port=x", "password='" + rightSecret, "host=h sslmode=nope password=" + rightSecret, "postgres://h/d?password=" + rightSecret + "&sslmode=nope",
		"host=127.0.0.1 port=1 sslmode=verify-full sslrootcert=/nonexistent sslpassword=" + rightSecret} {
		for _, args := range [][]string{{"doctor", "--dsn", broken}, {"doctor", "--dsn=" + broken}, {"doctor", broken}, {"run", "-dsn", broken}, {broken}, {"report", broken}, {"run", "--strategy", broken}} {
			if code := r.run(env, args...); code == 0 {
				r.t.Errorf("%q succeeded", args)
			}
		}
	}
}

// search looks for the password in all that was printed and written, and in the server's log.
func (r *secretRun) search() {
	r.t.Helper()
	found := func(where string, data []byte) {
		if i := planted.FindIndex(data); i != nil {
			r.t.Errorf("%s holds the password: ...%s...", where, data[max(0, i[0]-200):min(len(data), i[1]+100)])
		}
	}
	found("the output", r.seen.Bytes())
	files := 0
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files++
		found(path, data)
		return err
	})
	if err != nil || files < 2 {
		r.t.Errorf("%d files were written, %v", files, err)
	}
	if log := pgtest.Server(r.t).LogPath(); log != "" {
		data, err := os.ReadFile(log)
		if err != nil {
			r.t.Error(err)
		}
		found("the server's log", data)
	}
}

// role makes one that must give a password, may create schemas, and is dropped with what it has.
func role(t *testing.T, name, password string) {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), pgtest.Server(t).Config())
	if err != nil {
		t.Fatal(err)
	}
	exec := func(statement string) {
		t.Helper()
		if _, err := conn.Exec(context.Background(), statement); err != nil {
			t.Error(err)
		}
	}
	exec(fmt.Sprintf("create role %s login password '%s'", name, password))
	exec(fmt.Sprintf("grant create on database %s to %s", pgx.Identifier{conn.Config().Database}.Sanitize(), name))
	t.Cleanup(func() {
		exec("drop owned by " + name + " cascade")
		exec("drop role " + name)
		_ = conn.Close(context.Background())
	})
}

// A server that throws a run out is told of without the password.
func TestSecretsWhenTheServerGoes(t *testing.T) {
	t.Parallel()
	role(t, "planted_gone", rightSecret)
	where := pgtest.Server(t).Config()
	cmd, rest := measuring(t, program(t), tmpdir(t), "--dsn", fmt.Sprintf("postgres://planted_gone:%s@%s:%d/%s?sslmode=disable",
		rightSecret, where.Host, where.Port, where.Database))
	conn, err := pgx.ConnectConfig(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, statement := range []string{"alter role planted_gone nologin", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'planted_gone'"} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the run succeeded")
	}
	if said := rest.String(); planted.MatchString(said) {
		t.Errorf("told: %s", said)
	}
}

// What we start is given no password in its arguments, which every user of the machine can read.
func TestSecretsAreNoArguments(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(program(t), "run", "--orchestrations", "20", "--out", filepath.Join(t.TempDir(), "r.json"))
	cmd.Env = append(os.Environ(), "TMPDIR="+tmpdir(t), "PGPASSWORD="+rightSecret)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	servers := 0
	for running := true; running; {
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("%v: %s", err, &out)
			}
			running = false
		case <-time.After(5 * time.Millisecond):
		}
		for _, line := range below(cmd.Process.Pid) {
			if planted.MatchString(line) {
				t.Fatalf("started: %q", line)
			}
			if strings.Contains(line, "postgres") {
				servers++
			}
		}
	}
	if servers == 0 || planted.Match(out.Bytes()) {
		t.Errorf("a server was seen %d times; output: %s", servers, &out)
	}
}

// below gives the command lines of a process's descendants.
func below(pid int) (lines []string) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		list, _ := os.ReadFile(task)
		for _, child := range strings.Fields(string(list)) {
			line, _ := os.ReadFile("/proc/" + child + "/cmdline")
			lines = append(lines, strings.ReplaceAll(string(line), "\x00", " "))
			if n, err := strconv.Atoi(child); err == nil {
				lines = append(lines, below(n)...)
			}
		}
	}
	return lines
}
