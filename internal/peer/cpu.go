package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Self is the processor time, user and system, that this process has spent since it began.
func Self() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// A Server reads the processor time of a PostgreSQL on this machine from /proc.
type Server struct{ postmaster int }

// FindServer asks the server for its process. It fails where the server runs elsewhere, where there is no /proc, and for a
// role that may not read the server's files.
func FindServer(ctx context.Context, conn *pgx.Conn) (s Server, err error) {
	err = conn.QueryRow(ctx, "select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int").Scan(&s.postmaster)
	if err != nil {
		return s, fmt.Errorf("find the server's process: %w", err)
	}
	_, err = s.CPU()
	return s, err
}

// ticks a second in /proc, the same on every Linux since 2.6 (USER_HZ, proc(5)).
const ticks = 100

// CPU is what the postmaster and all its children have spent so far, those that have ended included; user and system, in
// steps of 10 ms a process.
func (s Server) CPU() (time.Duration, error) {
	for {
		before, err := readStat(s.postmaster)
		if err != nil {
			return 0, err
		}
		children, err := s.children()
		if err != nil {
			return 0, err
		}
		own, err := readStat(s.postmaster)
		if err != nil {
			return 0, err
		}
		// A child that the postmaster reaped meanwhile would be counted twice, or not at all.
		if own.reaped == before.reaped {
			return time.Duration(own.spent+own.reaped+children) * time.Second / ticks, nil
		}
	}
}

func (s Server) children() (spent int64, err error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if p, err := readStat(pid); err == nil && p.parent == s.postmaster { // else it has ended meanwhile
			spent += p.spent + p.reaped
		}
	}
	return spent, nil
}

type stat struct {
	parent        int
	spent, reaped int64 // ticks: of the process, and of its children that have ended
}

var errStat = errors.New("not a process's stat")

func readStat(pid int) (s stat, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s, err
	}
	return parseStat(b)
}

// parseStat reads the fields of proc(5) after the command's name, which may hold anything but ends with the last ")".
func parseStat(b []byte) (s stat, err error) {
	end := bytes.LastIndexByte(b, ')')
	if end < 0 {
		return s, errStat
	}
	fields := bytes.Fields(b[end+1:]) // from the third: state
	if len(fields) < 15 {
		return s, errStat
	}
	n := func(field int) int64 {
		v, convErr := strconv.ParseInt(string(fields[field-3]), 10, 64)
		err = errors.Join(err, convErr)
		return v
	}
	s = stat{parent: int(n(4)), spent: n(14) + n(15), reaped: n(16) + n(17)}
	return s, err
}
