// Package target turns the description of a database into a PostgreSQL that can be reached: one that exists, a private
// cluster made with the machine's own binaries, or a container.
package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

const applicationName = "pgbench-provider"

// A Spec says which database is wanted. The zero value means: the one that the environment names, else a private cluster,
// else a container, else a private cluster of programs that are downloaded.
type Spec struct {
	DSN       string // URL or keyword/value string; goes before everything else
	Container string // image to start; excludes DSN and goes before the environment
	Schema    string // an empty one to work in, for a role that may create none; "" creates what is needed
	// NoDownload forbids to download PostgreSQL where there is neither a database nor binaries nor Docker.
	NoDownload bool
	Reads      bool                // a server that takes no writes will do
	PgBin      string              // folder with initdb and postgres; empty searches for the newest
	Settings   map[string]string   // of a private cluster, on top of PostgreSQL's defaults
	Getenv     func(string) string // nil is os.Getenv
	Progress   func(string)        // told what takes time; nil is nobody
}

// ErrBadInput is what every error is that the caller's words caused.
var ErrBadInput = errors.New("bad input")

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
		return fromEnvironment(getenv), "PGHOST or PGSERVICE", true
	}
	return "", "", false
}

// fromEnvironment spells those PG* variables that the process's own environment, which pgx reads, has differently. In
// production that is none, and a service's settings keep their place between the two.
func fromEnvironment(getenv func(string) string) string {
	var words []string
	for name, key := range map[string]string{"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password",
		"PGDATABASE": "dbname", "PGSSLMODE": "sslmode", "PGSERVICE": "service", "PGSERVICEFILE": "servicefile"} {
		if value := getenv(name); value != "" && value != os.Getenv(name) {
			words = append(words, key+"="+keyword(value))
		}
	}
	return strings.Join(words, " ")
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
	server, err := open(ctx, s)
	if err == nil {
		server.schema = s.Schema
	}
	return server, err
}

func open(ctx context.Context, s Spec) (*Server, error) {
	if s.DSN != "" && s.Container != "" {
		return nil, fmt.Errorf("%w: --dsn and --container exclude each other: give one", ErrBadInput)
	}
	if dsn, source, ok := s.dsn(); ok {
		return openNamed(ctx, dsn, source, s.Reads)
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
	if containerErr == nil {
		return server, nil
	}
	if ctx.Err() != nil {
		return nil, containerErr
	}
	bin, err = downloaded(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("no PostgreSQL to be had: name one with --dsn, install its server binaries (Debian: postgresql), or start Docker: %w; %w", containerErr, err)
	}
	return openEmbedded(ctx, s, bin)
}
