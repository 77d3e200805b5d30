package bench

import (
	"net"
	"sync"

	"github.com/jackc/pgx/v5"
)

// endSessions ends those that have process id and port as ours had: not one that has been given an id since.
const endSessions = `
select pg_terminate_backend(a.pid, 1000)
from pg_stat_activity a join unnest($1::int[], $2::int[]) as ours (pid, port) on a.pid = ours.pid and a.client_port = ours.port
where a.usename = current_user and a.application_name = current_setting('application_name')`

// sessions are those of a pool on the server, also those that have ended.
type sessions struct {
	mu          sync.Mutex
	pids, ports []int32
}

// add does nothing for a connection without a port, which no network breaks.
func (s *sessions) add(conn *pgx.Conn) {
	if address, ok := conn.PgConn().Conn().LocalAddr().(*net.TCPAddr); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.pids, s.ports = append(s.pids, int32(conn.PgConn().PID())), append(s.ports, int32(address.Port))
	}
}

func (s *sessions) merge(t *sessions) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.pids, s.ports = append(s.pids, t.pids...), append(s.ports, t.ports...)
}
