package target

import (
	"os/exec"
	"runtime"
	"syscall"
)

// spawn starts cmd and gives a channel that tells how it ended, then is closed. On Linux cmd is told when we die, also by
// SIGKILL: the kernel then sends it a signal. It does so when the *thread* that forked ends, and Go ends threads at will,
// so one is held for as long as cmd runs.
func spawn(cmd *exec.Cmd) (<-chan error, error) {
	started, exited := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		exited <- cmd.Wait()
		close(exited)
	}()
	return exited, <-started
}

// killGroup kills a process that attributes made the leader of its group, and what it started.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
