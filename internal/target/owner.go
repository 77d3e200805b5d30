package target

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An owner is the user that a private cluster runs as: PostgreSQL refuses to run as root. nil is the current user.
type owner struct {
	name     string
	uid, gid uint32
}

func chooseOwner() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // the current user
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &owner{name, uint32(uid), uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody: run as another user, or give --dsn")
}

func (o *owner) give(path string) error {
	if o == nil {
		return nil
	}
	return os.Chown(path, int(o.uid), int(o.gid))
}

// canEnter says whether the owner reaches a folder: a TMPDIR below root's home is closed to others.
func (o *owner) canEnter(dir string) error {
	if o == nil {
		return nil
	}
	probe := exec.Command("/bin/sh", "-c", ":")
	probe.Dir = dir
	probe.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: o.uid, Gid: o.gid}}
	if err := probe.Run(); errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("user %s, as whom PostgreSQL runs here instead of root, may not enter %s: set TMPDIR to a folder open to all, such as /tmp", o.name, filepath.Dir(dir))
	}
	return nil // any other failure shows when initdb runs
}

func (o *owner) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	dieWithUs(a)
	if o != nil {
		a.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	}
	return a
}
