//go:build !linux

package target

import "syscall"

// dieWithUs does nothing: only Linux tells a child. Elsewhere a killed run's server stops at the next Sweep.
func dieWithUs(*syscall.SysProcAttr) {}
