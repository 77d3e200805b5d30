package bench

import (
	"cmp"
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
)

// Version is the release, where the linker set one; else the version is the one that Go made of the tag or the commit.
var Version string

// ToolInfo says what this program is. What its build did not record is "devel" or "unknown".
func ToolInfo() result.Tool {
	t := result.Tool{Name: "pgbench-provider", Version: Version, Commit: "unknown", Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		if t.Version == "" && info.Main.Version != "(devel)" {
			t.Version = info.Main.Version // ends in +dirty where the work tree was not the commit
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				t.Commit = s.Value
			}
		}
	}
	t.Version = cmp.Or(t.Version, "devel")
	return t
}

func (b *benchmark) environment(ctx context.Context) (result.Environment, error) {
	facts, err := target.ServerFacts(ctx, b.admin)
	if err != nil {
		return result.Environment{}, err
	}
	return result.Environment{Server: serverOf(facts, b.server), Client: client()}, nil
}

func client() result.Client {
	c := result.Client{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0),
		CPU: firstField("/proc/cpuinfo", "model name"), Kernel: trimmed("/proc/sys/kernel/osrelease"), Facts: map[string]string{}}
	if load := trimmed("/proc/loadavg"); load != "" {
		c.Facts["load_average_before"] = load
	}
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		c.CI = "github"
	} else if os.Getenv("CI") != "" {
		c.CI = "ci"
	}
	return c
}

// firstField finds "name : value" in a file of the kernel; empty where there is none.
func firstField(path, name string) string {
	for line := range strings.Lines(trimmed(path)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func trimmed(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
