package target

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pooler"
)

// Facts are what bears on the figures measured on a server. Nothing in them is secret.
type Facts struct {
	Version       string            `json:"version"`        // as in "17.2"
	VersionNum    int               `json:"version_num"`    // as in 170002
	Settings      map[string]string `json:"settings"`       // those that matter, and those changed from PostgreSQL's defaults
	Extensions    []string          `json:"extensions"`     // created in this database
	StatLoaded    bool              `json:"stat_loaded"`    // pg_stat_statements is preloaded
	StatCreated   bool              `json:"stat_created"`   // and its extension created in this database: it can be read
	TLS           bool              `json:"tls"`            // between the client and what it connected to
	Loopback      bool              `json:"loopback"`       // the address is one of this machine
	Pooler        string            `json:"pooler"`         // what seems to be in the path; empty for nothing
	DatabaseBytes int64             `json:"database_bytes"` // 0 when it may not be asked
	CanCreate     bool              `json:"can_create"`     // schemas in this database
	Schemas       []string          `json:"schemas"`        // that exist and in which tables may be created, besides public
}

// settings that matter even at their defaults.
const matter = `{fsync,synchronous_commit,full_page_writes,shared_buffers,max_connections,default_transaction_isolation,
autovacuum,jit,wal_level,shared_preload_libraries,log_min_duration_statement,statement_timeout,lock_timeout,plan_cache_mode}`

// ServerFacts asks a server. What may not be asked, or fails besides the first question, is left zero: facts describe a run
// and are no reason to end it. The error is that of a connection that does not answer.
func ServerFacts(ctx context.Context, conn *pgx.Conn) (Facts, error) {
	var f Facts
	err := conn.QueryRow(ctx, `
		select split_part(current_setting('server_version'), ' ', 1), current_setting('server_version_num')::int,
		       coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false),
		       array(select extname::text from pg_extension order by 1),
		       has_database_privilege(current_database(), 'create')`).
		Scan(&f.Version, &f.VersionNum, &f.TLS, &f.Extensions, &f.CanCreate)
	if err != nil {
		return f, err
	}
	f.Loopback = loopback(conn.Config())
	f.StatCreated = slices.Contains(f.Extensions, "pg_stat_statements")
	if f.Settings, err = settings(ctx, conn); err != nil {
		return f, err
	}
	// Not from shared_preload_libraries, which only some roles may see; the library's own settings show to all.
	_ = conn.QueryRow(ctx, "select exists (select from pg_settings where name = 'pg_stat_statements.max')").Scan(&f.StatLoaded)
	_ = conn.QueryRow(ctx, `select coalesce(array_agg(nspname::text order by nspname), '{}') from pg_namespace
		where nspname !~ '^pg_' and nspname not in ('public', 'information_schema') and has_schema_privilege(oid, 'create')`).Scan(&f.Schemas)
	_ = conn.QueryRow(ctx, "select pg_database_size(current_database())").Scan(&f.DatabaseBytes)
	mode, _ := pooler.Detect(ctx, conn)
	f.Pooler = mode.String()
	return f, nil
}

func settings(ctx context.Context, conn *pgx.Conn) (map[string]string, error) {
	rows, err := conn.Query(ctx, `
		select name, setting || coalesce(' ' || unit, '') from pg_settings
		where source <> 'client' and name = any ($1::text[]) -- what this session asked for is none of the server's
		   or source in ('configuration file', 'command line', 'database', 'user', 'database user')
		      and context <> 'internal'
		      and name !~ '(^listen_addresses|^port|_director|_file$|^log_|passphrase|^unix_|^ssl_|^lc_|^default_text|^DateStyle|TimeZone|log_timezone|_command$|conninfo|application_name)'`, matter)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error { all[name] = value; return nil })
	return all, err
}
