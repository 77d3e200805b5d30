package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/target"
)

// A block stands between two fences of a document.
type block struct {
	page string // README.md, docs/ci.md
	line int    // of its first fence
	kind string // sh, yaml, go, diff, text, python
	file string // what the words behind the kind say it is
	text string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// documents are README.md and all of docs/, whose commands are run.
func documents(t *testing.T) (pages []string) {
	t.Helper()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 14 {
		t.Fatalf("docs has %d pages (%v)", len(pages), err)
	}
	return append(pages, "../../README.md")
}

func blocksOf(t *testing.T, path string) (all []block) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open, page := false, strings.TrimPrefix(path, "../../")
	for n, line := range strings.SplitAfter(string(text), "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && open:
			open = false
		case isFence:
			words := append(strings.Fields(fence), "", "")
			all = append(all, block{page: page, line: n + 1, kind: words[0], file: words[1]})
			open = true
		case open:
			all[len(all)-1].text += line
		}
	}
	if open {
		t.Fatalf("%s: the block of line %d is not closed", page, all[len(all)-1].line)
	}
	return all
}

// commandsOf gives a shell block's lines, those that go on joined.
func commandsOf(text string) []string {
	return strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "\\\n", " "), "\n")
}

// TestDocuments runs what README.md and docs/ show, page by page, each from top to bottom in a folder of its own, and the
// examples of every command's help. A block of a kind that it does not know fails. What measures and leaves no file that
// anybody asks for is run once, however often it is shown.
func TestDocuments(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	ran := 0
	for _, path := range documents(t) {
		blocks := blocksOf(t, path)
		ran += len(blocks)
		t.Run(strings.TrimPrefix(path, "../../"), func(t *testing.T) {
			folder := s.folder(t)
			tool := buildWith(t, blocks)
			for _, b := range blocks {
				switch b.kind {
				case "sh":
					s.run(t, folder, tool, b.String(), commandsOf(b.text))
				case "yaml":
					s.run(t, folder, tool, b.String(), stepsOf(t, folder, b))
				case "go", "diff", "text": // built above; what a command printed
				default:
					if notRun(b.kind) == "" {
						t.Errorf("%s: nobody knows how to run a block of %q", b, b.kind)
					}
				}
			}
		})
	}
	t.Run("help", func(t *testing.T) {
		folder := s.folder(t)
		for _, b := range examples(t) {
			t.Run(b.page, func(t *testing.T) { s.run(t, folder, "", b.page, commandsOf(b.text)) })
		}
	})
	if ran < 30 {
		t.Errorf("the documents have %d blocks", ran)
	}
}

// stepsOf gives the commands of a GitHub workflow. A file that the fence names is put into the folder.
func stepsOf(t *testing.T, folder string, b block) (commands []string) {
	t.Helper()
	if b.file != "" {
		if err := os.WriteFile(filepath.Join(folder, b.file), []byte(b.text), 0o644); err != nil {
			t.Fatal(err)
		}
		return nil
	}
	var workflow struct {
		Name string
		On   any
		Jobs map[string]struct {
			RunsOn string `yaml:"runs-on"`
			Steps  []struct {
				Uses, Run string
				With      map[string]string
			}
		}
	}
	d := yaml.NewDecoder(strings.NewReader(b.text))
	d.KnownFields(true)
	if err := d.Decode(&workflow); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	for _, job := range workflow.Jobs {
		for _, step := range job.Steps {
			if (step.Run == "") == (step.Uses == "") {
				t.Errorf("%s: a step has run %q and uses %q", b, step.Run, step.Uses)
			}
			if step.Run != "" {
				commands = append(commands, commandsOf(step.Run)...)
			}
		}
	}
	if len(commands) == 0 {
		t.Errorf("%s: a workflow without a command", b)
	}
	return commands
}

// A shell runs commands on the tests' server; those that count what a server does, on a server that nobody else uses.
type shell struct {
	root, dsn, keywords, alone string
	done                       map[string]bool
}

func newShell(t *testing.T) *shell {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	c := pgtest.Server(t).Config()
	own, err := target.Open(t.Context(), target.Spec{Getenv: func(string) string { return "" },
		Settings: map[string]string{"fsync": "off", "synchronous_commit": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	a := own.Config()
	return &shell{done: map[string]bool{}, root: root, dsn: pgtest.DSN(t),
		keywords: fmt.Sprintf("host=%s port=%d dbname=%s user=%s password=%s sslmode=disable", c.Host, c.Port, c.Database, c.User, c.Password),
		alone:    fmt.Sprintf("host=%s port=%d dbname=%s user=%s password=%s sslmode=disable", a.Host, a.Port, a.Database, a.User, a.Password)}
}

// folder makes one with the files that the documents take for granted.
func (s *shell) folder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, recorded := range map[string]string{"result.json": "compare", "yesterday.json": "before", "today.json": "after",
		"results/20260102-150405-compare.json": "compare"} {
		text, err := os.ReadFile("../../testdata/results/" + recorded + ".json")
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "run.yaml"), []byte("strategies: [inline, sp]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(s.root, "testdata"), filepath.Join(folder, "testdata")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// once finds commands that need not be run again, and baseline those that take one for granted.
var (
	once     = regexp.MustCompile(`^(env (\S+=\S+ |-u \S+ )+)?(export \S+; )?pgbench-provider (compare|sweep|run|verify|doctor|gate) [^|>]*$|^pgbench-provider (compare|doctor)$`)
	baseline = regexp.MustCompile(`pgbench-provider gate (calibrate )?--baseline`)
)

// run runs commands as one script that ends at the first failure.
func (s *shell) run(t *testing.T, folder, tool, where string, commands []string) {
	t.Helper()
	var script strings.Builder
	for _, c := range commands {
		c = s.rewrite(c)
		if once.MatchString(c) {
			if s.done[tool+c] {
				continue
			}
			s.done[tool+c] = true
		}
		script.WriteString(c + "\n")
	}
	text := script.String()
	if _, err := os.Stat(filepath.Join(folder, "baseline.json")); err != nil && baseline.MatchString(text) && !strings.Contains(text, "baseline save") {
		text = s.rewrite("pgbench-provider baseline save baseline.json") + "\n" + text
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-eux")
	cmd.Stdin = strings.NewReader(text)
	cmd.Dir = folder
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return regexp.MustCompile(`^(PG|DATABASE_URL|GITHUB_|CI=)`).MatchString(v)
	}), "ROOT="+s.root, "ALONE="+s.alone, "KEYWORDS="+s.keywords, "PATH="+tool+string(filepath.ListSeparator)+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, "PGBENCH_PROVIDER_DSN="+s.dsn)
	cmd.Env = append(cmd.Env, short...)
	if tool != "" {
		cmd.Env = append(cmd.Env, "GOFLAGS=-overlay="+filepath.Join(filepath.Dir(tool), "overlay.json"))
	}
	start := time.Now()
	out, err := cmd.CombinedOutput()
	t.Logf("%s took %.1fs", where, time.Since(start).Seconds())
	out = bytes.ReplaceAll(out, []byte(s.dsn), []byte("(DSN)"))
	if err != nil {
		t.Errorf("%s: %v\n%s", where, err, out[max(0, len(out)-3000):])
	}
}
