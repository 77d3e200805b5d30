package target_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"pgbench-provider/internal/target"
)

// After a SIGKILL the kernel stops the server and the next run sweeps the folder; what belongs to a run that lives is left
// alone. The tests of this file are not parallel: TMPDIR is the process's.
func TestSweepAfterKill(t *testing.T) {
	tmp := tmpdir(t)
	killed, dead := startChild(t, tmp, 0)
	_, living := startChild(t, tmp, 0)
	stranger := filepath.Join(tmp, "pgbench-provider-stranger")
	if err := os.Mkdir(stranger, 0o755); err != nil {
		t.Fatal(err)
	}
	orphan := postmaster(dead)
	if orphan == 0 {
		t.Fatal("no server to be left behind")
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	if _, err := os.Stat("/proc/self/stat"); err == nil && !within(func() bool { return !runs(orphan) }) {
		t.Errorf("the server of the killed run outlives it, process %d", orphan)
	}
	t.Setenv("TMPDIR", tmp)
	removed, err := target.Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(removed, []string{dead}) {
		t.Errorf("swept %v, want %s", removed, dead)
	}
	if runs(orphan) {
		t.Errorf("process %d of the killed run still runs", orphan)
	}
	if postmaster(living) == 0 {
		t.Error("the server of a run that lives was stopped")
	}
	if _, err := os.Stat(stranger); err != nil {
		t.Errorf("a folder without our mark was touched: %v", err)
	}
}

// Whoever is killed between making a folder and writing the marker, or while the folder goes, leaves one that the next run removes.
func TestSweepHalfMadeFolders(t *testing.T) {
	tmp := tmpdir(t)
	t.Setenv("TMPDIR", tmp)
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	folder := func(pid int, name string, files ...string) string {
		dir := filepath.Join(tmp, "pgbench-provider-"+strconv.Itoa(pid)+"-"+name)
		err := os.Mkdir(dir, 0o755)
		for _, f := range files {
			err = errors.Join(err, os.WriteFile(filepath.Join(dir, f), nil, 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dead := ended.Process.Pid
	want := []string{folder(dead, "empty"), folder(dead, "marker", "pgbench-provider.json")}
	folder(dead, "other", "data")
	folder(dead, "two", "data", "pgbench-provider.json")
	folder(os.Getpid(), "living")
	if removed, err := target.Sweep(t.Context()); err != nil || !slices.Equal(removed, want) {
		t.Errorf("swept %v, %v, want %v", removed, err, want)
	}
}

// remark changes fields of a folder's marker.
func remark(t *testing.T, dir string, change map[string]any) {
	t.Helper()
	path := filepath.Join(dir, "pgbench-provider.json")
	fields := map[string]any{}
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range change {
		fields[name] = value
	}
	if b, err = json.Marshal(fields); err == nil {
		err = os.WriteFile(path, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A server that runs, in a folder reached through a symbolic link, whose owner's number has been given to another process
// (here: to us).
func TestSweepStopsStrayServer(t *testing.T) {
	link := filepath.Join(tmpdir(t), "link")
	if err := os.Symlink(tmpdir(t), link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", link)
	dir := filepath.Dir(open(t).LogPath())
	pid := postmaster(dir)
	if removed, err := target.Sweep(t.Context()); err != nil || len(removed) != 0 || !runs(pid) {
		t.Fatalf("swept %v, %v, of an owner that lives", removed, err)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	started := "1@" + string(boot[:len(boot)-1])
	remark(t, dir, map[string]any{"started": started, "namespace": "pid:[1]"})
	if removed, err := target.Sweep(t.Context()); err != nil || len(removed) != 0 || !runs(pid) {
		t.Fatalf("swept %v, %v, of another container", removed, err)
	}
	remark(t, dir, map[string]any{"namespace": ""})
	if removed, err := target.Sweep(t.Context()); err != nil || !slices.Equal(removed, []string{dir}) {
		t.Errorf("swept %v, %v, want %s", removed, err, dir)
	}
	if runs(pid) {
		t.Errorf("the server still runs, process %d", pid)
	}
}

// What postmaster.pid names may be another process by now: it is not touched.
func TestSweepSparesOtherProcesses(t *testing.T) {
	tmp := tmpdir(t)
	dir := filepath.Join(tmp, "pgbench-provider-old")
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	other := exec.Command("sleep", "1000")
	other.Dir = data // even here
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	})
	files := map[string]string{
		filepath.Join(data, "postmaster.pid"):       strconv.Itoa(other.Process.Pid) + "\n" + data + "\n",
		filepath.Join(dir, "pgbench-provider.json"): `{"tool":"pgbench-provider","pid":` + strconv.Itoa(os.Getpid()) + `,"started":"1@before"}`,
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", tmp)
	if removed, err := target.Sweep(t.Context()); err != nil || !slices.Equal(removed, []string{dir}) {
		t.Errorf("swept %v, %v, want %s", removed, err, dir)
	}
	if !runs(other.Process.Pid) {
		t.Error("a process that is no server was killed")
	}
}
