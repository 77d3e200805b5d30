// Package peer measures what our figures are put beside: pgbench on the same server, and the processor time that client
// and server spend.
package peer
