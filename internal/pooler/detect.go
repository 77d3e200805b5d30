package pooler

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// turns is how often two connections are asked in turn whom they are connected to.
const turns = 10

// Detect says what is between conn and the server, which conn's own statements must not assume anything of: it sends only
// what works through any pooler. A pooler gives its clients process ids of its own making. In Session mode two connections
// keep a server process each. Whatever else they are seen to do is taken for Transaction, which works in both modes.
func Detect(ctx context.Context, conn *pgx.Conn) (Mode, error) {
	first, err := backend(ctx, conn)
	if err != nil || first == conn.PgConn().PID() {
		return None, err
	}
	other, err := pgx.ConnectConfig(ctx, conn.Config())
	if err != nil {
		return None, err
	}
	defer other.Close(context.WithoutCancel(ctx))
	second, err := backend(ctx, other)
	if err != nil {
		return None, err
	}
	for range turns {
		one, err := backend(ctx, conn)
		if err != nil {
			return None, err
		}
		two, err := backend(ctx, other)
		if err != nil {
			return None, err
		}
		if one == two || one != first || two != second {
			return Transaction, nil
		}
	}
	return Session, nil
}

func backend(ctx context.Context, conn *pgx.Conn) (pid uint32, err error) {
	err = conn.QueryRow(ctx, "select pg_backend_pid()", pgx.QueryExecModeExec).Scan(&pid)
	return pid, err
}

// Refused says whether a connection failed because a pooler does not know a parameter that the client began with.
func Refused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && strings.HasPrefix(pg.Message, "unsupported startup parameter")
}
