// Package target turns the description of a database into a PostgreSQL that can be reached: one that exists, a private
// cluster made with the machine's own binaries, or a container.
package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A Spec says which database is wanted. The zero value means: the one that the environment names, else a private cluster,
// else a container.
type Spec struct {
	DSN       string              // URL or keyword/value string; goes before everything else
	Container string              // image to start; excludes DSN and goes before the environment
	PgBin     string              // folder with initdb and postgres; empty searches for the newest
	Settings  map[string]string   // of a private cluster, on top of PostgreSQL's defaults
	Getenv    func(string) string // nil is os.Getenv
	Progress  func(string)        // told what takes time; nil is nobody
}

// ErrBadInput is what every error is that the caller's words caused.
var ErrBadInput = errors.New("bad input")

// A Server is a PostgreSQL that can be reached.
type Server struct {
	config  *pgx.ConnConfig
	kind    string
	version string
	logPath string
	close   func(context.Context) error
}

// dsn finds the connection string and what to call its source; ok is false when nothing names a database.
func (s Spec) dsn() (dsn, source string, ok bool) {
	getenv := s.getenv()
	switch {
	case s.DSN != "":
		return s.DSN, "--dsn", true
	case s.Container != "":
		return "", "", false
	case getenv("PGBENCH_PROVIDER_DSN") != "":
		return getenv("PGBENCH_PROVIDER_DSN"), "PGBENCH_PROVIDER_DSN", true
	case getenv("DATABASE_URL") != "":
		return getenv("DATABASE_URL"), "DATABASE_URL", true
	case getenv("PGHOST") != "" || getenv("PGSERVICE") != "":
		return "", "PGHOST or PGSERVICE", true
	}
	return "", "", false
}

func (s Spec) getenv() func(string) string {
	if s.Getenv == nil {
		return os.Getenv
	}
	return s.Getenv
}

// Named says whether a database that exists is named, by DSN or the environment.
func (s Spec) Named() bool {
	_, _, ok := s.dsn()
	return ok
}

func (s Spec) say(format string, args ...any) {
	if s.Progress != nil {
		s.Progress(fmt.Sprintf(format, args...))
	}
}

// Open gives a server that answers. Errors of the caller's words are [ErrBadInput]. The server must be closed.
func Open(ctx context.Context, s Spec) (*Server, error) {
	if s.DSN != "" && s.Container != "" {
		return nil, fmt.Errorf("%w: --dsn and --container exclude each other: give one", ErrBadInput)
	}
	if dsn, source, ok := s.dsn(); ok {
		return openNamed(ctx, dsn, source)
	}
	if s.Container != "" {
		return openContainer(ctx, s, s.Container)
	}
	bin, err := findBinaries(ctx, s.PgBin)
	if err == nil {
		return openEmbedded(ctx, s, bin)
	}
	if s.PgBin != "" || !errors.Is(err, errNoBinaries) {
		return nil, err
	}
	server, containerErr := openContainer(ctx, s, defaultImage)
	if containerErr != nil {
		return nil, fmt.Errorf("no PostgreSQL to be had: name one with --dsn, install its server binaries (Debian: postgresql), or start Docker (%v)", containerErr)
	}
	return server, nil
}

func openNamed(ctx context.Context, dsn, source string) (*Server, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is no connection string (%s): give a URL such as postgres://user@host:5432/db, or host=... dbname=... user=...",
			ErrBadInput, source, parseProblem(err))
	}
	s := &Server{config: config, kind: "dsn", close: func(context.Context) error { return nil }}
	s.config.RuntimeParams["application_name"] = applicationName
	conn, err := pgx.ConnectConfig(ctx, s.Config())
	if err != nil {
		return nil, s.unreachable(err)
	}
	defer conn.Close(ctx)
	s.version = conn.PgConn().ParameterStatus("server_version")
	return s, nil
}

const applicationName = "pgbench-provider"

var quoted = regexp.MustCompile("\"[^\"]*\"?|`[^`]*`?")

// parseProblem says what is wrong with a connection string without repeating any of it: what cannot be parsed cannot be
// told from a password.
func parseProblem(err error) string {
	var parse *pgconn.ParseConfigError
	if !errors.As(err, &parse) {
		return "it cannot be parsed"
	}
	text := err.Error()
	// The message begins with the string itself; the reason stands at the end.
	if i := strings.LastIndex(text, "`"); i >= 0 {
		text = strings.TrimLeft(text[i+1:], ": ")
	}
	return Redact(quoted.ReplaceAllString(text, "..."))
}

// unreachable explains a failed connection in a line, with what to do.
func (s *Server) unreachable(err error) error {
	where := s.where()
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && (pg.Code == "28P01" || pg.Code == "28000"):
		return fmt.Errorf("%s refused user %q (%s): check user, password and pg_hba.conf", where, s.config.User, pg.Code)
	case errors.As(err, &pg) && pg.Code == "3D000":
		return fmt.Errorf("%s has no database %q: create it or name another", where, s.config.Database)
	case errors.As(err, &pg):
		return fmt.Errorf("%s: %s (%s)", where, pg.Message, pg.Code)
	}
	reason := "no answer"
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		reason = "no answer in time"
	case errors.As(err, &dns):
		reason = "the host name is not known"
	case errors.As(err, &op):
		reason = op.Err.Error()
	default:
		reason = lastPart(err)
	}
	return fmt.Errorf("%s cannot be reached (%s): check that the server is up, and host, port and TLS mode", where, Redact(reason))
}

// lastPart is the innermost message: pgx puts user and database before it.
func lastPart(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// Config gives a fresh copy of how to connect.
func (s *Server) Config() *pgx.ConnConfig { return s.config.Copy() }

// Kind is "dsn", "embedded" or "container".
func (s *Server) Kind() string { return s.kind }

// Temporary says that the server was started by Open and goes with Close.
func (s *Server) Temporary() bool { return s.kind != "dsn" }

// LogPath is the server's log; empty unless the server is embedded.
func (s *Server) LogPath() string { return s.logPath }

// Close stops what Open started and removes it; a server that was there before is left alone.
func (s *Server) Close(ctx context.Context) error { return s.close(ctx) }

// Describe is one line without any secret.
func (s *Server) Describe() string {
	what := map[string]string{"dsn": "PostgreSQL", "embedded": "private PostgreSQL", "container": "container with PostgreSQL"}[s.kind]
	return fmt.Sprintf("%s %s on %s", what, s.version, s.where())
}

func (s *Server) where() string {
	host := s.config.Host
	if !strings.HasPrefix(host, "/") {
		host = net.JoinHostPort(host, fmt.Sprint(s.config.Port))
	}
	if s.kind != "dsn" {
		return host
	}
	return host + "/" + s.config.Database
}

// Address is where the server listens, without any secret: host and port or a socket's folder, and the database of one
// that was there before.
func (s *Server) Address() string { return s.where() }

// Loopback says whether the server is on this machine.
func (s *Server) Loopback() bool {
	if strings.HasPrefix(s.config.Host, "/") || s.config.Host == "localhost" {
		return true
	}
	ip := net.ParseIP(s.config.Host)
	return ip != nil && ip.IsLoopback()
}

var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(://[^:/?#@\s]*):[^@/?#\s]*@`),
	regexp.MustCompile(`(?i)((?:password|passwd|sslpassword)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&'"]+)`),
}

// Redact replaces every password in s, in a URL or behind a keyword, by xxxxx.
func Redact(s string) string {
	s = secrets[0].ReplaceAllString(s, "$1:xxxxx@")
	return secrets[1].ReplaceAllString(s, "${1}xxxxx")
}
