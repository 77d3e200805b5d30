package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgbench-provider/internal/pooler"
)

// parse reads a connection string, and says in its error nothing of what may be a password.
func parse(dsn, source string) (*pgx.ConnConfig, error) {
	const remedy = "give a URL such as postgres://user@host:5432/db, or host=... dbname=... user=..."
	if strayAt(dsn) {
		return nil, fmt.Errorf("%w: %s has an @ besides the one before the host: write it as %%40, a / as %%2F, a ? as %%3F", ErrBadInput, source)
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is no connection string (%s): %s", ErrBadInput, source, parseProblem(err), remedy)
	}
	return config, nil
}

func openNamed(ctx context.Context, dsn, source string, reads bool) (*Server, error) {
	config, err := parse(dsn, source)
	if err != nil {
		return nil, err
	}
	s := &Server{config: config, kind: "dsn", close: func(context.Context) error { return nil }}
	s.config.RuntimeParams["application_name"] = applicationName
	conn, err := pgx.ConnectConfig(ctx, s.config.Copy()) // without our limits, which a pooler would refuse
	if pooler.Refused(err) {
		pooler.Carry(s.config, pooler.Transaction) // which also works in the other mode
		conn, err = pgx.ConnectConfig(ctx, s.config.Copy())
		s.pooler = pooler.Transaction
	}
	if err != nil {
		return nil, s.unreachable(ctx, err)
	}
	defer conn.Close(ctx)
	s.version = conn.PgConn().ParameterStatus("server_version")
	if s.pooler == pooler.None {
		if s.pooler, err = pooler.Detect(ctx, conn); err != nil {
			return nil, s.unreachable(ctx, err)
		}
		pooler.Carry(s.config, s.pooler)
	}
	if reads {
		return s, nil
	}
	mode, err := ReadWriteMode(ctx, conn)
	if err != nil {
		return nil, s.unreachable(ctx, err)
	}
	if mode != ReadWrite {
		return nil, fmt.Errorf("%w: %s: %s takes no writes, since %s", ErrBadInput, source, s.where(), mode)
	}
	return s, nil
}

// A Mode says whether a session may write, and if not, why and what helps.
type Mode string

// The modes.
const (
	ReadWrite Mode = ""
	Standby   Mode = "it is a standby: name the primary, or all hosts with target_session_attrs=read-write"
	ReadOnly  Mode = "default_transaction_read_only is on: use a role or database that may write, or say default_transaction_read_only=off in the connection string"
)

// ReadWriteMode asks a server for its session's [Mode].
func ReadWriteMode(ctx context.Context, conn *pgx.Conn) (mode Mode, err error) {
	var standby, readOnly bool
	err = conn.QueryRow(ctx, "select pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'").Scan(&standby, &readOnly)
	switch {
	case standby:
		mode = Standby
	case readOnly:
		mode = ReadOnly
	}
	return mode, err
}

// strayAt says whether a URL has more than one @, or one behind a slash or in no value of its query. Such a password that was not percent-encoded is
// parsed in part as host or database, which errors and results name.
func strayAt(dsn string) bool {
	if !isURL(dsn) {
		return false
	}
	_, rest, _ := strings.Cut(dsn, "://")
	rest, query, _ := strings.Cut(rest, "?")
	for word := range strings.SplitSeq(query, "&") {
		if key, _, _ := strings.Cut(word, "="); strings.Contains(key, "@") {
			return true
		}
	}
	_, behind, found := strings.Cut(rest, "@")
	slash, at := strings.IndexByte(rest, '/'), strings.IndexByte(rest, '@')
	return found && (strings.Contains(behind, "@") || slash >= 0 && slash < at)
}

func isURL(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// parseProblem says what is wrong with a connection string without repeating any of it: what cannot be parsed cannot be
// told from a password.
func parseProblem(err error) string {
	var parse *pgconn.ParseConfigError
	if !errors.As(err, &parse) {
		return "it cannot be parsed"
	}
	// An inner message may quote the string in a way of its own, as net/url does.
	var inURL *url.Error
	if errors.As(err, &inURL) {
		return "not a URL"
	}
	// The message begins with the string itself, which a quote in it could end early, and so could one in what is quoted.
	bare := *parse
	bare.ConnString = ""
	text := strings.TrimPrefix(bare.Error(), "cannot parse ``: ")
	text = strings.Replace(strings.Replace(text, `"="`, "=", 1), `"sslcert" and "sslkey"`, "sslcert and sslkey", 1)
	if i := strings.IndexAny(text, "\"`"); i >= 0 {
		text = text[:i] + "..."
	}
	return Redact(strings.Join(strings.Fields(text), " "))
}

// unreachable explains a failed connection in a line, with what to do. The driver's error is not wrapped: it carries the
// configuration, and the password in it.
func (s *Server) unreachable(ctx context.Context, err error) error {
	where := s.where()
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("connect to %s: %w", where, ctx.Err())
	}
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && (pg.Code == "28P01" || pg.Code == "28000"):
		return fmt.Errorf("%s refused user %q (%s): check user, password and pg_hba.conf", where, s.config.User, pg.Code)
	case errors.As(err, &pg) && pg.Code == "3D000":
		return fmt.Errorf("%s has no database %q: create it or name another", where, s.config.Database)
	case errors.As(err, &pg) && pg.Code == "42501":
		return fmt.Errorf("%s refused user %q (%s): ask for GRANT CONNECT ON DATABASE %s TO %s", where, s.config.User, pg.Code,
			pgx.Identifier{s.config.Database}.Sanitize(), pgx.Identifier{s.config.User}.Sanitize())
	case errors.As(err, &pg):
		return fmt.Errorf("%s: %s (%s)", where, strings.Join(strings.Fields(pg.Message), " "), pg.Code)
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
	server := "the server is up"
	if s.config.ValidateConnect != nil {
		server = "a server is up that is what target_session_attrs asks for"
	}
	return fmt.Errorf("%s cannot be reached as user %q (%s): check that %s, and host, port and TLS mode",
		where, s.config.User, Redact(reason), server)
}

// lastPart is the innermost message, in a line: pgx puts user and database before it.
func lastPart(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return strings.Join(strings.Fields(err.Error()), " ")
		}
		err = inner
	}
}

// private gives how to connect to a server of ours. The PG* variables, which pgx reads whatever it is given, are for the
// user's servers: each that could spoil the connection is overruled.
func private(host, port, password, database string) (*pgx.ConnConfig, error) {
	dsn := "host=" + host + " port=" + port + " user=bench password=" + password + " dbname=" + database +
		" sslmode=disable connect_timeout=5 target_session_attrs=any channel_binding=prefer require_auth='' sslcertmode=allow" +
		" sslnegotiation=postgres sslrootcert='' sslcert='' sslkey='' min_protocol_version='' max_protocol_version='' options=''"
	if os.Getenv("PGSERVICE") != "" {
		// A service can only be replaced by another, here an empty one.
		f, err := os.CreateTemp("", folderPrefix+"service-*.conf")
		if err != nil {
			return nil, err
		}
		defer os.Remove(f.Name())
		_, err = f.WriteString("[private]\n")
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		dsn += " service=private servicefile=" + keyword(f.Name())
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("connect to the private PostgreSQL: %s", parseProblem(err))
	}
	config.RuntimeParams = map[string]string{"application_name": applicationName}
	return config, nil
}

// keyword quotes a value of a keyword/value string.
func keyword(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}
