package architecture_test

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "pgbench-provider"

// rules say who may import a package; an empty list is nobody. A name ending in / is everything below it.
var rules = []struct {
	imported string
	by       []string
}{
	{"internal/cli", []string{"cmd/pgbench-provider"}},
	{"strategies/inline", []string{"strategies", "strategies/pipeline", "strategies/cte", "strategies/spfetch"}},
	{"strategies/pipeline", []string{"strategies"}},
	{"strategies/cte", []string{"strategies"}},
	{"strategies/sp", []string{"strategies", "strategies/spfetch", "strategies/speager"}},
	{"strategies/speager", []string{"strategies"}},
	{"strategies/spfetch", []string{"strategies"}},
	{"internal/bench", []string{"internal/cli"}},
	{"internal/pgtest", nil}, // tests only
	{"github.com/spf13/cobra", []string{"internal/cli"}},
	{"github.com/olekukonko/tablewriter", []string{"reports", "internal/cli"}},
	{"github.com/testcontainers/testcontainers-go", []string{"internal/target"}},
}

// only says what a package may import of this module.
var only = map[string][]string{
	"provider":             {},
	"strategies/inline":    {"provider", "internal/sqlfile"},
	"strategies/sp":        {"provider", "internal/sqlfile"},
	"strategies/pipeline":  {"provider", "internal/sqlfile", "strategies/inline"},
	"strategies/cte":       {"provider", "internal/sqlfile", "strategies/inline"},
	"strategies/spfetch":   {"provider", "strategies/inline", "strategies/sp"},
	"strategies/speager":   {"provider", "internal/sqlfile", "strategies/sp"},
	"workloads":            {"provider", "internal/runtime"},
	"internal/runtime":     {"provider", "internal/wake"},
	"internal/wake":        {},
	"internal/equivalence": {"provider"},
	"internal/compare":     {"internal/result"},
	"internal/distance":    {"internal/compare", "internal/result"},
	"internal/ceiling":     {"internal/result"},
	"internal/gate":        {"internal/compare", "internal/distance", "internal/result"},
	"reports":              {"internal/ceiling", "internal/compare", "internal/distance", "internal/gate", "internal/history", "internal/result", "internal/seed", "reports/html"},
	"internal/seed":        {},
	"internal/history":     {"internal/compare", "internal/result"},
	"reports/html":         {"internal/compare", "internal/distance", "internal/result", "reports/html/chart"},
	"reports/html/chart":   {},
	"internal/result":      {},
	"internal/netdelay":    {"provider"},
	"internal/fill":        {"internal/sqlfile"},
	"internal/peer":        {},
	"internal/latency":     {"provider"},
}

// providerImports is all that package provider may import besides the standard library.
const providerImports = "github.com/jackc/pgx/v5"

func TestImports(t *testing.T) {
	t.Parallel()
	for pkg, imports := range packages(t) {
		for _, i := range imports {
			for _, r := range rules {
				if below(i, r.imported) && pkg != r.imported && !slices.Contains(r.by, pkg) {
					t.Errorf("%s imports %s, which only %v may", pkg, i, r.by)
				}
			}
			if allowed, ok := only[pkg]; ok && strings.HasPrefix(i, module+"/") && !slices.Contains(allowed, strings.TrimPrefix(i, module+"/")) {
				t.Errorf("%s imports %s: it may import of this module only %v", pkg, i, allowed)
			}
			if pkg == "provider" && strings.Contains(i, ".") && !strings.HasPrefix(i, providerImports) {
				t.Errorf("provider imports %s: it may import %s and the standard library", i, providerImports)
			}
		}
	}
}

func below(path, rule string) bool {
	path = strings.TrimPrefix(path, module+"/")
	if folder, ok := strings.CutSuffix(rule, "/"); ok {
		return strings.HasPrefix(path, folder+"/")
	}
	return path == rule
}

// packages gives the imports of each package, tests left out.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(p.ImportPath, module+"/")] = p.Imports
	}
	if len(all) < 10 {
		t.Fatalf("go list found %d packages", len(all))
	}
	return all
}
