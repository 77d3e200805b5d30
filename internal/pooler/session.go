package pooler

import (
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgproto3"
)

// A session follows one connection. What a client sends up to a Sync or a Query is a unit; the server answers each with
// ReadyForQuery at its end.
type session struct {
	once bool // the settings are set once, before the first unit after the start

	mu        sync.Mutex
	started   bool   // the startup message is sent
	statement string // that sets the parameters; "" for none
	inUnit    bool   // the client is in the middle of one
	inBlock   bool   // the server was in a transaction when it was last ready
	units     []unit // those unanswered, oldest first
}

// unit says what of the answer to one is not the client's.
type unit int

const (
	untouched unit = iota
	prefixed       // all up to the first CommandComplete
	suffixed       // all after the first CommandComplete
	ours           // all
)

// begin notes that the client begins a unit, and gives the statement to put before its first message: "" for none. In the
// mode once it has been sent in a unit of its own, added to out, which no rollback can undo.
func (s *session) begin(out []byte, accepts bool) (_ []byte, statement string, err error) {
	s.inUnit = true
	if s.statement != "" && s.once {
		out, err = (&pgproto3.Query{String: s.statement}).Encode(out)
		s.units = append(s.units, ours, untouched)
		s.statement = ""
		return out, "", err
	}
	if s.statement != "" && !s.inBlock && accepts {
		s.units = append(s.units, prefixed)
		return out, s.statement, nil
	}
	s.units = append(s.units, untouched)
	return out, "", nil
}

// start sends the startup message with the parameters that a pooler takes. Anything else, such as a request to cancel, is
// sent as it is.
func (s *session) start(out, m []byte) ([]byte, error) {
	s.started = true
	s.units = append(s.units, untouched)
	var startup pgproto3.StartupMessage
	if err := startup.Decode(m[4:]); err != nil {
		return append(out, m...), nil
	}
	startup.Parameters, s.statement = carried(startup.Parameters, s.once)
	return startup.Encode(out)
}

// message adds a message of the client to out, with what belongs before it.
func (s *session) message(out, m []byte) (_ []byte, err error) {
	if !s.started {
		return s.start(out, m)
	}
	var statement string
	switch m[0] {
	case 'Q':
		text := string(m[5 : len(m)-1])
		if !s.inUnit {
			out, statement, err = s.begin(out, accepts(text))
		}
		s.inUnit = false
		if begin, ok := begins(text); ok && err == nil && statement != "" {
			s.units[len(s.units)-1] = suffixed
			return (&pgproto3.Query{String: begin + "\n; " + statement}).Encode(out) // it may end in a comment
		}
		if err == nil && statement != "" {
			return (&pgproto3.Query{String: statement + "; " + text}).Encode(out)
		}
	case 'P', 'B', 'D', 'E', 'C', 'H':
		if !s.inUnit {
			out, statement, err = s.begin(out, true)
		}
		if err == nil && statement != "" {
			out, err = extended(out, statement)
		}
	case 'S':
		if !s.inUnit {
			s.units = append(s.units, untouched)
		}
		s.inUnit = false
	}
	return append(out, m...), err
}

func extended(out []byte, statement string) (_ []byte, err error) {
	for _, m := range []pgproto3.FrontendMessage{&pgproto3.Parse{Query: statement}, &pgproto3.Bind{}, &pgproto3.Execute{}} {
		if out, err = m.Encode(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// alone are the commands that refuse to stand in a transaction with another.
var alone = []string{"vacuum", "create database", "drop database", "alter system"}

// accepts says whether a simple query may have a statement before it. The driver's ping needs none.
func accepts(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	return text != "" && text != "-- ping" && !slices.ContainsFunc(alone, func(a string) bool { return strings.HasPrefix(text, a) })
}

// begins says whether a simple query is the beginning of a transaction and nothing else, and gives it without a semicolon at its
// end. It may name an isolation level, which no query may come before.
func begins(text string) (begin string, ok bool) {
	begin = strings.TrimSuffix(strings.TrimSpace(text), ";")
	lower := strings.ToLower(begin)
	return begin, (strings.HasPrefix(lower, "begin") || strings.HasPrefix(lower, "start transaction")) && !strings.Contains(lower, ";")
}
