package workloads

import (
	"errors"
	"fmt"
	"strings"

	"pgbench-provider/provider"
)

// ErrLost is what a check after an outage finds when units that ended are not there any more. It comes with [ErrCheck]: a
// server that keeps what it confirmed has lost none.
var ErrLost = errors.New("units that had ended are lost")

// Outage says whether err means that the server, or the way to it, went away: a connection that broke or cannot be made,
// an answer that never came, a session that the server ended, a server that starts or only reads. A wrong answer is none.
func Outage(err error) bool {
	if err == nil || errors.Is(err, ErrCheck) {
		return false
	}
	switch state := provider.State(err); state {
	case provider.StateConnection, provider.StateTimeout, "57P01", "57P02", "57P03", "57P05", "25006":
		return true
	default:
		return strings.HasPrefix(state, "08")
	}
}

func lost(ended, there int64) error {
	return fmt.Errorf("%w: %w: of %d before the server went away, %d are there", ErrCheck, ErrLost, ended, there)
}
