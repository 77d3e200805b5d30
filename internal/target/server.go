package target

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pooler"
)

// A Server is a PostgreSQL that can be reached.
type Server struct {
	config  *pgx.ConnConfig
	kind    string
	version string
	logPath string
	bin     string
	pooler  pooler.Mode
	schema  string
	cluster *cluster // nil unless embedded
	close   func(context.Context) error
}

// Config gives a fresh copy of how to connect, with limits for every session of ours; see [limits].
func (s *Server) Config() *pgx.ConnConfig {
	c := s.config.Copy()
	for name, value := range limits {
		if _, ok := c.RuntimeParams[name]; !ok {
			c.RuntimeParams[name] = value
		}
	}
	return c
}

// limits end what would harm a server if this program hung or lost its way: far above anything that a run needs. They are
// startup parameters, which cost no statement. What the connection string says goes before them.
var limits = map[string]string{
	"statement_timeout": "5min", "lock_timeout": "1min", "idle_in_transaction_session_timeout": "5min",
}

// Kind is "dsn", "embedded" or "container".
func (s *Server) Kind() string { return s.kind }

// Pooler says what is between here and the server. What Config gives works with it, whatever RuntimeParams are added.
func (s *Server) Pooler() pooler.Mode { return s.pooler }

// Schema is the one to work in; "" when schemas are created as they are needed.
func (s *Server) Schema() string { return s.schema }

// Temporary says that the server was started by Open and goes with Close.
func (s *Server) Temporary() bool { return s.kind != "dsn" }

// CountInLog counts the lines of the server's log that hold text, such as "deadlock detected". It is 0 where there is no
// log to read: the server is not embedded.
func (s *Server) CountInLog(text string) (n int, err error) {
	if s.logPath == "" {
		return 0, nil
	}
	f, err := os.Open(s.logPath)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for r := bufio.NewReader(f); ; {
		line, err := r.ReadString('\n')
		if strings.Contains(line, text) {
			n++
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// Program is the path of a program that belongs to the server's installation, such as pgbench; else the bare name, for the
// caller's PATH.
func (s *Server) Program(name string) string {
	if path := filepath.Join(s.bin, name); s.bin != "" && fileExists(path) {
		return path
	}
	return name
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// LogPath is the server's log; empty unless the server is embedded.
func (s *Server) LogPath() string { return s.logPath }

// Close stops what Open started and removes it; a server that was there before is left alone. When ctx ends, the server is
// stopped less gently, but it is stopped. A second call does nothing.
func (s *Server) Close(ctx context.Context) error { return s.close(ctx) }

// Describe is one line without any secret.
func (s *Server) Describe() string {
	what := map[string]string{"dsn": "PostgreSQL", "embedded": "private PostgreSQL", "container": "container with PostgreSQL"}[s.kind]
	line := fmt.Sprintf("%s %s on %s", what, s.version, s.where())
	if s.kind == "dsn" {
		line += " as " + s.config.User
		if s.pooler != pooler.None {
			line += ", through " + s.pooler.String()
		}
	}
	return line
}

func (s *Server) where() string {
	var all []string
	for _, h := range hosts(s.config) {
		all = append(all, h.String())
	}
	host := strings.Join(all, ",")
	if s.kind != "dsn" {
		return host
	}
	database := s.config.Database
	if database == "" {
		database = s.config.User // as the server has it
	}
	return host + "/" + database
}

// Address is where the server listens, without any secret: host and port or a socket's folder, and the database of one
// that was there before. Where the connection string names several hosts, it holds them all, with commas: which of them
// answers may change in the course of a run.
func (s *Server) Address() string { return s.where() }

// Loopback says whether the server is on this machine; of several hosts, whether all are.
func (s *Server) Loopback() bool { return loopback(s.config) }

// Single refuses a connection string with several hosts, for a command that also has other programs connect: an error that is
// [ErrBadInput].
func (s *Server) Single() error {
	if n := len(hosts(s.config)); n > 1 {
		return fmt.Errorf("%w: the connection string names %d hosts, of which other programs may find another than this one: name one", ErrBadInput, n)
	}
	return nil
}

// A host is one of those that a connection string names.
type host struct {
	name string // or a socket's folder
	port uint16
}

func (h host) String() string {
	if h.socket() {
		return h.name
	}
	return net.JoinHostPort(h.name, strconv.Itoa(int(h.port)))
}

// socket says whether the host is a folder, or a name in Linux's abstract space, of Unix sockets.
func (h host) socket() bool { return strings.HasPrefix(h.name, "/") || strings.HasPrefix(h.name, "@") }

func (h host) loopback() bool {
	if h.socket() || h.name == "localhost" {
		return true
	}
	ip := net.ParseIP(h.name)
	return ip != nil && ip.IsLoopback()
}

// hosts are those of a connection string, in its order. The driver has one more fallback for each with another TLS mode.
func hosts(config *pgx.ConnConfig) []host {
	all := []host{{config.Host, config.Port}}
	for _, f := range config.Fallbacks {
		if h := (host{f.Host, f.Port}); !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	return all
}

func loopback(config *pgx.ConnConfig) bool {
	return !slices.ContainsFunc(hosts(config), func(h host) bool { return !h.loopback() })
}
