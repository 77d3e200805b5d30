package target

import "syscall"

// dieWithUs asks for an immediate shutdown when the thread that starts the process ends; see spawn. Go asks the kernel
// after it has changed the user, which would cancel it.
func dieWithUs(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGQUIT }
