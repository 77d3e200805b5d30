// Package pooler makes settings of a session work through a connection pooler such as PgBouncer, which refuses them when a
// client connects, and in transaction mode gives each transaction a server session of which nothing may be assumed.
//
// The settings travel with the work instead: one set_config statement goes before the first message of each transaction, or
// behind a BEGIN, which may name an isolation level, in the same flush, and its answer is taken out of the stream. It costs
// the server a short statement and no round trip, and the strategies need not know. Tables stay unqualified in all SQL, and
// settings that keep plans good travel too, which qualified names would not do for them.
package pooler

import (
	"context"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A Mode says how long a client keeps its server session.
type Mode string

// The modes, by PgBouncer's names. In Statement mode, which has no transactions, nothing here works.
const (
	None        Mode = ""            // no pooler
	Session     Mode = "session"     // as long as the client is connected
	Transaction Mode = "transaction" // for one transaction
)

// String says what it is in words; empty for None.
func (m Mode) String() string {
	if m == None {
		return ""
	}
	return "a pooler in " + string(m) + " mode"
}

// Carry makes connections of config fit for a pooler of the given mode. What RuntimeParams holds when a connection is made
// is set then, in Session mode with its first statement and in Transaction mode with each transaction, but for what poolers
// take when a client connects. In Transaction mode statements are not prepared by name: the next transaction may be on a
// server that does not have them. Of None nothing is changed.
//
// A setting that must hold before a transaction begins, as default_transaction_isolation, cannot be carried. VACUUM and
// what else refuses a transaction is sent without the settings, and so is what comes in one query behind the end of a
// transaction. SCRAM is not bound to the TLS channel, which PgBouncer does
// not offer either.
func Carry(config *pgx.ConnConfig, mode Mode) {
	if mode == None {
		return
	}
	if mode == Transaction {
		config.DefaultQueryExecMode = pgx.QueryExecModeExec
		config.StatementCacheCapacity, config.DescriptionCacheCapacity = 0, 0
	}
	after := config.AfterNetConnect
	config.AfterNetConnect = func(ctx context.Context, c *pgconn.Config, conn net.Conn) (net.Conn, error) {
		if after != nil {
			var err error
			if conn, err = after(ctx, c, conn); err != nil {
				return conn, err
			}
		}
		s := &session{once: mode == Session}
		return &carrier{conn, &reader{session: s, from: conn}, &writer{session: s, to: conn}}, nil
	}
}

// A carrier is a connection with a session's settings on it.
type carrier struct {
	net.Conn
	in  *reader
	out *writer
}

func (c *carrier) Read(p []byte) (int, error)  { return c.in.Read(p) }
func (c *carrier) Write(p []byte) (int, error) { return c.out.Write(p) }

// taken are the parameters that PgBouncer takes from a client that connects, and passes on.
var taken = []string{"user", "database", "application_name", "client_encoding", "datestyle", "timezone", "standard_conforming_strings", "options", "replication"}

// carried parts the parameters of a start into those that go with it and the statement that sets the others; "" for none.
func carried(all map[string]string, once bool) (start map[string]string, statement string) {
	start = map[string]string{}
	var calls []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if slices.Contains(taken, strings.ToLower(name)) {
			start[name] = all[name]
			continue
		}
		local := "true"
		set := name
		if !once && strings.EqualFold(name, "default_transaction_read_only") {
			set = "transaction_read_only" // the transaction has begun
		}
		if once {
			local = "false"
		}
		calls = append(calls, "set_config("+literal(set)+", "+literal(all[name])+", "+local+")")
	}
	if len(calls) > 0 {
		statement = "select " + strings.Join(calls, ", ")
	}
	return start, statement
}

// literal quotes a string constant, whatever standard_conforming_strings is.
func literal(s string) string {
	return " E'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(s) + "'"
}
