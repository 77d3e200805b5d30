package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// What operations fail with; test with [errors.Is]. All but ErrNoWork come wrapped in an [*Error].
var (
	ErrNoWork            = errors.New("nothing to fetch")                           // an answer, not a failure
	ErrLockLost          = errors.New("invalid lock token: it is no longer held")   // unknown, expired or taken over
	ErrDuplicateEvent    = errors.New("an event of that id is already in history")  //
	ErrInstanceNotFound  = errors.New("no such instance")                           //
	ErrExecutionNotFound = errors.New("no such execution")                          //
	ErrInstanceRunning   = errors.New("the instance is running: force its removal") //
	ErrHasChildren       = errors.New("sub-orchestrations would be left orphaned")  //
	ErrSubOrchestration  = errors.New("a sub-orchestration goes only with its root")
	ErrInvalid           = errors.New("invalid argument") // nothing was sent
	ErrCorrupt           = errors.New("cannot be decoded")
)

// SQLSTATEs that server-side routines raise. Class PB is used by nobody else; every strategy translates in [Translate].
const (
	StateLockLost          = "PB001"
	StateInstanceNotFound  = "PB002"
	StateInstanceRunning   = "PB003"
	StateHasChildren       = "PB004"
	StateSubOrchestration  = "PB005"
	StateExecutionNotFound = "PB006"
)

// An Error is a failed operation: which one, of which strategy, and whether the same call may succeed later.
type Error struct {
	Op, Strategy string
	Retryable    bool
	Err          error
}

func (e *Error) Error() string { return e.Strategy + ": " + e.Op + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// IsRetryable says whether err is an [*Error] that may succeed when the call is repeated.
func IsRetryable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Retryable
}

var raised = map[string]error{
	StateLockLost:          ErrLockLost,
	StateInstanceNotFound:  ErrInstanceNotFound,
	StateInstanceRunning:   ErrInstanceRunning,
	StateHasChildren:       ErrHasChildren,
	StateSubOrchestration:  ErrSubOrchestration,
	StateExecutionNotFound: ErrExecutionNotFound,
}

// Translate turns a server's error into one of ours, once, for all strategies. What it does not know it returns as it is.
func Translate(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	if sentinel, ok := raised[pg.Code]; ok {
		return sentinel
	}
	switch {
	case pg.Code == "23505" && pg.ConstraintName == "history_pkey":
		return ErrDuplicateEvent
	case pg.Code == "42P01" || pg.Code == "42883":
		return fmt.Errorf("%w (run migrate up for this schema)", err)
	}
	return err
}

// passing lists the SQLSTATEs, or their classes, of what the same call, sent again, may survive: besides what [rolledBack]
// lists, trouble with the connection (08), a lack of memory, disk or connections (53), the end of a server or of a session
// (57P01 to 57P05 but the end of the database), a timeout of a statement, of a transaction or of one that idles, and a server
// that for the moment is only to be read, as after a failover.
var passing = []string{"08", "53", "57P01", "57P02", "57P03", "57P05", "57014", "25P03", "25P04", "25006"}

// retryable classifies by SQLSTATE: what the same call, sent again, may survive.
func retryable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return rolledBack(pg.Code) || slices.ContainsFunc(passing, func(p string) bool { return strings.HasPrefix(pg.Code, p) })
	}
	return State(err) != ""
}

// What [State] says of failures that the server did not tell of.
const (
	StateTimeout    = "timeout"    // nothing came in time
	StateConnection = "connection" // it could not be made, or it broke
)

// State gives the reason of a failure for those who count: the SQLSTATE, one of the words above, or "" for what is no
// failure of the server or of the way to it.
func State(err error) string {
	var pg *pgconn.PgError
	var network net.Error
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &pg):
		if _, ours := raised[pg.Code]; ours {
			return ""
		}
		return pg.Code
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &network) && network.Timeout():
		return StateTimeout
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err):
		return StateConnection
	}
	return ""
}

// rolledBack lists the states after which the transaction certainly left nothing behind and may go through at once, so that
// the Provider itself repeats it: deadlock, serialization failure, lock not available, and a cached plan that a reinstall
// made stale.
func rolledBack(code string) bool {
	return code == "40P01" || code == "40001" || code == "55P03" || code == "0A000"
}

func mayRepeat(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && rolledBack(pg.Code)
}

func (p *Provider) wrap(op string, err error) error {
	if err == nil || errors.Is(err, ErrNoWork) {
		return err
	}
	return &Error{Op: op, Strategy: p.strategy.Name(), Retryable: retryable(err), Err: Translate(err)}
}

// NoRows turns the driver's "no rows" into what an empty answer means to the caller.
func NoRows(err, meaning error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return meaning
	}
	return err
}
