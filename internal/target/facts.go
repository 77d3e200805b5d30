package target

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Facts are what bears on the figures measured on a server. Nothing in them is secret.
type Facts struct {
	Version       string            `json:"version"`        // as in "17.2"
	VersionNum    int               `json:"version_num"`    // as in 170002
	Settings      map[string]string `json:"settings"`       // those that matter, and those changed from PostgreSQL's defaults
	Extensions    []string          `json:"extensions"`     // created in this database
	StatLoaded    bool              `json:"stat_loaded"`    // pg_stat_statements is preloaded
	TLS           bool              `json:"tls"`            //
	Pooler        string            `json:"pooler"`         // what seems to be in the path; empty for nothing
	DatabaseBytes int64             `json:"database_bytes"` // 0 when it may not be asked
	CanCreate     bool              `json:"can_create"`     // schemas in this database
}

// settings that matter even at their defaults.
const matter = `{fsync,synchronous_commit,full_page_writes,shared_buffers,max_connections,default_transaction_isolation,
autovacuum,jit,wal_level,shared_preload_libraries,log_min_duration_statement,statement_timeout,lock_timeout,plan_cache_mode}`

// ServerFacts asks a server. What may not be asked is left zero.
func ServerFacts(ctx context.Context, conn *pgx.Conn) (Facts, error) {
	f := Facts{Settings: map[string]string{}}
	err := conn.QueryRow(ctx, `
		select split_part(current_setting('server_version'), ' ', 1), current_setting('server_version_num')::int,
		       coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false),
		       array(select extname::text from pg_extension order by 1),
		       has_database_privilege(current_database(), 'create')`).
		Scan(&f.Version, &f.VersionNum, &f.TLS, &f.Extensions, &f.CanCreate)
	if err != nil {
		return f, err
	}
	rows, err := conn.Query(ctx, `
		select name, setting || coalesce(' ' || unit, '') from pg_settings
		where name = any ($1::text[])
		   or source in ('configuration file', 'command line', 'database', 'user', 'database user')
		      and context <> 'internal'
		      and name !~ '(^listen_addresses|^port|_director|_file$|^log_|passphrase|^unix_|^ssl_|^lc_|^default_text|^DateStyle|TimeZone|log_timezone|_command$|conninfo|application_name)'`, matter)
	if err != nil {
		return f, err
	}
	var name, value string
	if _, err := pgx.ForEachRow(rows, []any{&name, &value}, func() error { f.Settings[name] = value; return nil }); err != nil {
		return f, err
	}
	f.StatLoaded = strings.Contains(f.Settings["shared_preload_libraries"], "pg_stat_statements")
	_ = conn.QueryRow(ctx, "select pg_database_size(current_database())").Scan(&f.DatabaseBytes)
	f.Pooler, err = pooler(ctx, conn)
	return f, err
}

// pooler looks for signs of one: PgBouncer gives parameters of its own, and a transaction pooler hands each transaction to
// any backend.
func pooler(ctx context.Context, conn *pgx.Conn) (string, error) {
	own := int64(conn.PgConn().PID())
	var backend int64
	if err := conn.QueryRow(ctx, "select pg_backend_pid()").Scan(&backend); err != nil {
		return "", err
	}
	if backend == own {
		return "", nil
	}
	return "a pooler (the backend is not the one that was connected to)", nil
}
