package target

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// A marker names the process that a folder belongs to. A process id alone may have been given out again, and means another
// process in another container that shares the temporary folder.
type marker struct {
	Tool      string `json:"tool"`
	PID       int    `json:"pid"`
	Started   string `json:"started"`             // as the kernel counts; empty where it does not tell
	Namespace string `json:"namespace,omitempty"` // of the process id; empty where there is none
}

func writeMarker(dir string) error {
	b, err := json.Marshal(marker{applicationName, os.Getpid(), startedAt(os.Getpid()), pidNamespace()})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, markerName), b, 0o644)
}

func pidNamespace() string {
	name, _ := os.Readlink("/proc/self/ns/pid")
	return name
}

func bootID() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(b))
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
	return fields[19] + "@" + bootID()
}

// alive says whether the owner lives, or may live: whom another container's number names cannot be told. After a restart of
// the machine nobody of before lives.
func (m marker) alive() bool {
	if m.Namespace != "" && m.Namespace != pidNamespace() && strings.HasSuffix(m.Started, "@"+bootID()) {
		return true
	}
	if err := syscall.Kill(m.PID, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	return m.Started == "" || startedAt(m.PID) == m.Started
}

// makeFolder makes a temporary folder with our marker. Its name has the process id too, for a process that is killed before
// the marker is written.
func makeFolder() (string, error) {
	dir, err := os.MkdirTemp("", folderPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", fmt.Errorf("no folder for a private PostgreSQL: %w", err)
	}
	if err := writeMarker(dir); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// removeFolder removes a folder of ours, the marker last: whoever is killed on the way leaves what the next run knows. What a
// process writes there that is about to end is removed again, for a while.
func removeFolder(dir string) error {
	var err error
	for range 100 {
		var inside []os.DirEntry
		if inside, err = os.ReadDir(dir); errors.Is(err, os.ErrNotExist) {
			return nil
		}
		for _, e := range inside {
			if e.Name() != markerName {
				err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
			}
		}
		if err == nil {
			if err = os.RemoveAll(filepath.Join(dir, markerName)); err == nil {
				err = os.Remove(dir)
			}
		}
		if err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// unmarked says whether a folder is empty, or holds an empty marker, and is named after a process that has ended.
func unmarked(dir string) bool {
	id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), folderPrefix), "-")
	pid, err := strconv.Atoi(id)
	if err != nil || pid <= 1 || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	inside, err := os.ReadDir(dir)
	if err != nil || len(inside) == 0 {
		return err == nil
	}
	info, err := inside[0].Info()
	return len(inside) == 1 && inside[0].Name() == markerName && err == nil && info.Size() == 0
}

// Sweep removes what killed runs left in the temporary folder, and stops their servers. It touches nothing without our
// marker, and nothing whose process lives. It returns the folders that it removed. An error of one folder, such as a
// server that does not stop, keeps that folder and does not end the sweep.
func Sweep(ctx context.Context) (removed []string, err error) {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, dir := range dirs {
		b, readErr := os.ReadFile(filepath.Join(dir, markerName))
		var m marker
		if unmarked(dir) {
			_ = os.Remove(filepath.Join(dir, markerName))
			if os.Remove(dir) == nil {
				removed = append(removed, dir)
			}
			continue
		}
		if readErr != nil || json.Unmarshal(b, &m) != nil || m.Tool != applicationName || m.PID <= 0 || m.alive() {
			continue
		}
		sweepErr := stopStray(ctx, filepath.Join(dir, "data"))
		if sweepErr == nil {
			sweepErr = removeFolder(dir)
		}
		if sweepErr != nil {
			err = errors.Join(err, sweepErr)
			continue
		}
		removed = append(removed, dir)
	}
	return removed, err
}

// stopStray stops the server of a data directory, if it still runs.
func stopStray(ctx context.Context, data string) error {
	for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		for try := range 40 {
			pid := postmaster(data)
			if pid == 0 {
				return nil
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if try == 0 {
				_ = syscall.Kill(pid, signal)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return fmt.Errorf("the server in %s does not stop", data)
}

// postmaster is the process id of the server that runs in data, or 0. What postmaster.pid names must be a server that
// works in that directory, or the number has been given to somebody else.
func postmaster(data string) int {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || !serves(pid, data) {
		return 0
	}
	return pid
}

// serves says whether a process is a PostgreSQL server whose data directory is data.
func serves(pid int, data string) bool {
	proc := "/proc/" + strconv.Itoa(pid)
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
		return err == nil && strings.Contains(string(out), "postgres -D "+data+" ")
	}
	comm, err := os.ReadFile(proc + "/comm")
	if err != nil || !slices.Contains([]string{"postgres", "postmaster"}, strings.TrimSpace(string(comm))) {
		return false
	}
	// A process that has ended and that nobody has asked about yet has no folder any more. The kernel gives the folder
	// without symbolic links, which TMPDIR may have.
	cwd, err := os.Readlink(proc + "/cwd")
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(data); err == nil {
		data = real
	}
	return strings.TrimSuffix(cwd, " (deleted)") == data
}
