package cli_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The same with private servers, which are killed while they are made, start, run and stop: folder and processes go with
// the next run, and those of a run that works beside stay.
func TestKilledPrivateRuns(t *testing.T) {
	t.Parallel()
	path, tmp := program(t), tmpdir(t)
	beside, _ := measuring(t, path, tmp, "--duration", "1h")
	living := folders(t, tmp)
	if len(living) != 1 {
		t.Fatalf("a run has the folders %v", living)
	}
	left := 0
	for range *kills {
		victim := exec.Command(path, "run", "--duration", "2s", "--no-verify", "--out", filepath.Join(t.TempDir(), "r.json"))
		victim.Env = append(os.Environ(), "TMPDIR="+tmp)
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(6 * time.Second))))
		_ = victim.Process.Kill()
		_ = victim.Wait()
		if len(folders(t, tmp)) > 1 {
			left++
		}
		next := exec.Command(path, "doctor")
		next.Env = append(os.Environ(), "TMPDIR="+tmp)
		if out, err := next.CombinedOutput(); err != nil {
			t.Fatalf("the next run: %v: %s", err, out)
		}
		if now := folders(t, tmp); !slices.Equal(now, living) {
			t.Fatalf("folders %v after the next run, want that of the run beside it: %v", now, living)
		}
		gone(t, tmp, living[0])
	}
	t.Logf("%d runs killed, of which %d left a folder", *kills, left)
	if err := beside.Process.Signal(os.Interrupt); err != nil {
		t.Errorf("the run beside has ended: %v", err)
	}
	ends(t, beside, 130)
	if now := folders(t, tmp); len(now) > 0 {
		t.Errorf("left: %v", now)
	}
}

func folders(t *testing.T, tmp string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(tmp, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// gone waits until no process works below tmp but those of the living run. Systems without /proc say nothing.
func gone(t *testing.T, tmp, living string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var stray []string
		all, _ := filepath.Glob("/proc/[0-9]*/cwd")
		for _, link := range all {
			if dir, err := os.Readlink(link); err == nil && strings.HasPrefix(dir, tmp+"/") && !strings.HasPrefix(dir, living) {
				stray = append(stray, link+" -> "+dir)
			}
		}
		if len(stray) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes of killed runs live on: %v", stray)
		}
	}
}
