package target

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// folderPrefix begins the name of every temporary folder of ours, and markerName is the file in it that says whose it is.
const (
	folderPrefix = "pgbench-provider-"
	markerName   = "pgbench-provider.json"
)

// A marker names the process that a folder belongs to. A process id alone may have been given out again.
type marker struct {
	Tool    string `json:"tool"`
	PID     int    `json:"pid"`
	Started string `json:"started"` // as the kernel counts; empty where it does not tell
}

func writeMarker(dir string) error {
	b, err := json.Marshal(marker{applicationName, os.Getpid(), startedAt(os.Getpid())})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, markerName), b, 0o644)
}

// startedAt is field 22 of /proc/pid/stat: when the process started, in clock ticks since boot; with the boot's id, since
// ticks begin anew at each. Empty on systems without it.
func startedAt(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	// The command in parentheses may hold anything.
	rest := b[bytes.LastIndexByte(b, ')')+1:]
	fields := strings.Fields(string(rest))
	if len(fields) < 20 {
		return ""
	}
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return fields[19] + "@" + strings.TrimSpace(string(boot))
}

func (m marker) alive() bool {
	if err := syscall.Kill(m.PID, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	return m.Started == "" || startedAt(m.PID) == m.Started
}

// Sweep removes what killed runs left in the temporary folder, and stops their servers. It touches nothing without our
// marker, and nothing whose process lives. It returns the folders that it removed.
func Sweep(ctx context.Context) (removed []string, err error) {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, dir := range dirs {
		b, readErr := os.ReadFile(filepath.Join(dir, markerName))
		var m marker
		if readErr != nil || json.Unmarshal(b, &m) != nil || m.Tool != applicationName || m.PID <= 0 || m.alive() {
			continue
		}
		stopStray(ctx, filepath.Join(dir, "data"))
		if removeErr := os.RemoveAll(dir); removeErr != nil {
			err = errors.Join(err, removeErr)
			continue
		}
		removed = append(removed, dir)
	}
	return removed, err
}

// stopStray stops the server of a data directory, if it still runs: what postmaster.pid names must work in that
// directory, or the number has been given to somebody else.
func stopStray(ctx context.Context, data string) {
	pid := postmaster(data)
	if pid == 0 {
		return
	}
	for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		_ = syscall.Kill(pid, signal)
		for range 40 {
			if postmaster(data) == 0 || ctx.Err() != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// postmaster is the process id of the server that runs in data, or 0.
func postmaster(data string) int {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid <= 1 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return 0
	}
	if _, err := os.Stat("/proc/self"); err != nil {
		return pid // a system that does not tell
	}
	// A process that has ended and that nobody has asked about yet has no folder any more.
	cwd, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
	if err != nil || strings.TrimSuffix(cwd, " (deleted)") != data {
		return 0
	}
	return pid
}
