package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// binaries are the server programs of one installation.
type binaries struct {
	dir     string
	major   int
	version string
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }

var errNoBinaries = errors.New("no PostgreSQL server binaries on this machine")

// usual are the folders of Debian, Red Hat, Homebrew and Postgres.app.
var usual = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	"/opt/homebrew/opt/postgresql/bin", "/usr/local/opt/postgresql/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// findBinaries gives the newest installation, or the one in chosen.
func findBinaries(ctx context.Context, chosen string) (binaries, error) {
	if chosen != "" {
		b, err := probe(ctx, chosen)
		if err != nil {
			return b, fmt.Errorf("%w: --pg-bin %s: %v: name the folder that holds initdb and postgres", ErrBadInput, chosen, err)
		}
		return b, nil
	}
	var dirs []string
	if p, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range usual {
		found, _ := filepath.Glob(pattern)
		dirs = append(dirs, found...)
	}
	var all []binaries
	for _, dir := range dirs {
		if b, err := probe(ctx, dir); err == nil {
			all = append(all, b)
		}
	}
	if len(all) == 0 {
		return binaries{}, errNoBinaries
	}
	return slices.MaxFunc(all, func(a, b binaries) int { return a.major - b.major }), nil
}

var versionText = regexp.MustCompile(`(\d+)(?:\.\d+)?[^\s)]*`)

func probe(ctx context.Context, dir string) (binaries, error) {
	// Absolute: the programs run with another working folder.
	dir, err := filepath.Abs(dir)
	if err != nil {
		return binaries{}, err
	}
	b := binaries{dir: dir}
	// Some installations link their programs into a common folder; the libraries are where the programs really are.
	if real, err := filepath.EvalSymlinks(b.path("postgres")); err == nil {
		b.dir = filepath.Dir(real)
	}
	if _, err := os.Stat(b.path("initdb")); err != nil {
		return b, errors.New("there is no initdb")
	}
	out, err := exec.CommandContext(ctx, b.path("postgres"), "--version").Output()
	if err != nil {
		return b, errors.New("there is no postgres that runs")
	}
	m := versionText.FindStringSubmatch(string(out))
	if m == nil {
		return b, fmt.Errorf("postgres --version says %.40q", out)
	}
	b.version = m[0]
	b.major, err = strconv.Atoi(m[1])
	return b, err
}
