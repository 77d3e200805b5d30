package architecture_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDependenciesAreReviewed holds go.mod against the list of those that somebody has looked at.
func TestDependenciesAreReviewed(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Tool    []struct{ Path string }
		Replace []struct{ Old struct{ Path string } }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	var direct, indirect []string
	for _, r := range mod.Require {
		tool := slices.ContainsFunc(mod.Tool, func(t struct{ Path string }) bool { return strings.HasPrefix(t.Path, r.Path+"/") })
		if r.Indirect && !tool {
			indirect = append(indirect, r.Path)
		} else {
			direct = append(direct, r.Path)
		}
	}
	if len(direct) < 5 || len(indirect) < 20 {
		t.Fatalf("go.mod names %d direct and %d indirect modules", len(direct), len(indirect))
	}
	for _, r := range mod.Replace {
		t.Errorf("%s is replaced: what is built is not what is reviewed", r.Old.Path)
	}
	text, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	first, second, found := strings.Cut(string(text), "\n## Indirect\n")
	if !found {
		t.Fatal("docs/dependencies.md has no section Indirect")
	}
	sameModules(t, "Direct", regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]+ \\|").FindAllStringSubmatch(first, -1), direct)
	sameModules(t, "Indirect", regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(second, -1), indirect)
}

func sameModules(t *testing.T, section string, reviewed [][]string, required []string) {
	t.Helper()
	var names []string
	for _, r := range reviewed {
		names = append(names, r[1])
		if !slices.Contains(required, r[1]) {
			t.Errorf("%s is listed in docs/dependencies.md under %s, and go.mod has no such requirement there: remove the line", r[1], section)
		}
	}
	for _, r := range required {
		if !slices.Contains(names, r) {
			t.Errorf("go.mod requires %s, which docs/dependencies.md does not list under %s: look at it, and add why it is there", r, section)
		}
	}
}
