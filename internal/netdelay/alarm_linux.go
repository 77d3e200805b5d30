package netdelay

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// An alarm wakes one goroutine at a time that may be changed while it waits. It is a timerfd that the runtime's epoll
// watches, which is exact to the kernel's timers.
type alarm struct {
	fd   int
	file *os.File // owns fd
}

func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	return &alarm{fd, os.NewFile(uintptr(fd), "timerfd")}, nil
}

// set makes wait return after d: at once for 0 or less, not at all for never. The caller sees to it that the alarm is
// not closed meanwhile, because its number could then be another file's.
func (a *alarm) set(d time.Duration) {
	var spec unix.ItimerSpec
	if d != never {
		spec.Value = unix.NsecToTimespec(int64(max(d, 1)))
	}
	_ = unix.TimerfdSettime(a.fd, 0, &spec, nil) // fails for a bad descriptor or time only
}

// wait returns when the alarm goes off, and when it is closed. It may also return without a reason.
func (a *alarm) wait() {
	var expirations [8]byte
	_, _ = a.file.Read(expirations[:])
}

func (a *alarm) close() { _ = a.file.Close() }
