package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// short is how little the documents' runs measure: what they print is not looked at.
var short = []string{"PGBENCH_PROVIDER_ROUNDS=1", "PGBENCH_PROVIDER_ROUND=20ms", "PGBENCH_PROVIDER_DURATION=50ms", "PGBENCH_PROVIDER_NO_VERIFY=true",
	"PGBENCH_PROVIDER_UNITS=10", "PGBENCH_PROVIDER_IN_FLIGHT=1", "PGBENCH_PROVIDER_DISPATCHERS=1:1", "PGBENCH_PROVIDER_STEPS=60", "PGBENCH_PROVIDER_PROGRESS=none"}

// rewritten turns a command as documents show it into one that a test can run, in this order.
var rewritten = []struct {
	from *regexp.Regexp
	to   string
}{
	// Servers that are there, and programs: this test is the program.
	{regexp.MustCompile(`'?postgres://\w+@(db|pooler)\.example\.com(:\d+)?/app(\?[^ ']*)?'?`), `"$$PGBENCH_PROVIDER_DSN"`},
	{regexp.MustCompile(`"host=db\.example\.com [^"]*"`), `"$$KEYWORDS"`},
	{regexp.MustCompile(`^(\./)?pgbench-provider (gate|baseline) (.*?)--dsn \S+`), `pgbench-provider $2 $3`},
	{regexp.MustCompile(`go run \./cmd/pgbench-provider`), `pgbench-provider`},
	{regexp.MustCompile(`^go build -o pgbench-provider \./cmd/pgbench-provider`), `ln -s "$$(command -v pgbench-provider)" .`},
	// Less of it.
	{regexp.MustCompile(`--rtt \d+ms( |$)`), `--rtt 1ms$1`},
	{regexp.MustCompile(`--duration \d+s`), `--duration 50ms`},
	{regexp.MustCompile(`pgbench-provider run (.*)--orchestrations \d+`), `env -u PGBENCH_PROVIDER_DURATION pgbench-provider run $1--orchestrations 5`},
	{regexp.MustCompile(`--steps \d+`), `--steps 60`},
	{regexp.MustCompile(`--max-time \d+m`), `--max-time 500ms`},
	{regexp.MustCompile(`-trials 1000`), `-trials 2`},
	{regexp.MustCompile(`pgbench-provider compare --precision`), `env -u PGBENCH_PROVIDER_ROUNDS pgbench-provider compare --precision`},
	{regexp.MustCompile(`pgbench-provider sweep`), `env PGBENCH_PROVIDER_RTT=0,200us,1ms PGBENCH_PROVIDER_STRATEGIES=inline,sp pgbench-provider sweep`},
	{regexp.MustCompile(`env PGBENCH_PROVIDER_RTT=\S+ \S+ pgbench-provider sweep --reproduce`),
		`env -u PGBENCH_PROVIDER_IN_FLIGHT -u PGBENCH_PROVIDER_DISPATCHERS PGBENCH_PROVIDER_RTT=1ms pgbench-provider sweep --reproduce`},
	{regexp.MustCompile(`24:1`), `3:1`},
	{regexp.MustCompile(`pgbench-provider verify`), `env PGBENCH_PROVIDER_STRATEGIES=sp pgbench-provider verify`},
	// Elsewhere.
	{regexp.MustCompile(`(/\w+)+/man/man1`), `man1`},
	{regexp.MustCompile(`^(go (test|run|vet|install) )`), `cd "$$ROOT" && $1`},
	{regexp.MustCompile(`^((\./)?pgbench-provider (gate|baseline) .*)$`), `export PGBENCH_PROVIDER_DSN="$$ALONE"; $1`},
	// One round is too little for tier 2, so that the self-test says 1; tier 1 must work all the same.
	{regexp.MustCompile(`((\./)?pgbench-provider gate self-test[^#]*)(#.*)?$`),
		`{ $1 >self-test.txt || test $$? -eq 1; }; grep 'ok *the same build' self-test.txt; grep 'ok *a statement more' self-test.txt`},
}

// instead is for what no test can run, why, and what is done with it: commands by their first words, and kinds of blocks.
var instead = []struct {
	what   *regexp.Regexp
	reason string
	to     string
}{
	{regexp.MustCompile(`^go test \./\.\.\.(.*)$`), "it runs this test", `cd "$$ROOT" && go list ./... >/dev/null`},
	{regexp.MustCompile(`^make (.*)$`), "minutes to days, tools that are not there, or files in the tree: what the target would do is printed", `make -C "$$ROOT" -n $1 >/dev/null`},
	{regexp.MustCompile(`^(pgbench-provider gate self-test --preset full)$`), "the same as without the preset, for a quarter of an hour", `$1 --help >/dev/null`},
	{regexp.MustCompile(`^(pgbench-provider gate calibrate .*)$`), "ten gates at least, one after the other: the flags are checked", `$1 --help >/dev/null`},
	{regexp.MustCompile(`^go test \./strategies -run (.*)$`), "verify has just run the same rules: the tests are compiled", `cd "$$ROOT" && go test -vet=off ./strategies -list $1 >/dev/null`},
	{regexp.MustCompile(`^docker run .* pgbench-provider (.*)$`), "needs Docker and an image: the flags are checked", `pgbench-provider $1 --help >/dev/null`},
	{regexp.MustCompile(`^(sudo )?apt-get install .*$`), "changes the machine", `:`},
	{regexp.MustCompile(`^git clone .*$`), "the address is the reader's", `:`},
	{regexp.MustCompile(`^go install (\./cmd/pgbench-provider)$`), "changes the machine: the package is looked for", `cd "$$ROOT" && go list $1 >/dev/null`},
	{regexp.MustCompile(`^(pgbench-provider .*) \| jq .*$`), "jq need not be there: what it reads is made", `$1 | grep -q '"comparisons"'`},
	{regexp.MustCompile(`^python$`), "Python need not be there: the same figures are in the result's golden reports", ``},
}

// notRun gives the reason; empty for what is run.
func notRun(command string) string {
	for _, i := range instead {
		if i.what.MatchString(command) {
			return i.reason
		}
	}
	return ""
}

func (s *shell) rewrite(command string) string {
	for _, i := range instead {
		if i.what.MatchString(command) {
			return i.what.ReplaceAllString(command, i.to)
		}
	}
	for _, r := range rewritten {
		command = r.from.ReplaceAllString(command, r.to)
	}
	return command
}

// What is not run must be shown somewhere, or the table would grow old.
func TestWhatIsNotRun(t *testing.T) {
	t.Parallel()
	var shown []string
	for _, path := range documents(t) {
		for _, b := range blocksOf(t, path) {
			shown = append(shown, b.kind)
			if b.kind == "sh" || b.kind == "yaml" {
				for _, line := range commandsOf(b.text) {
					shown = append(shown, strings.TrimPrefix(strings.TrimSpace(line), "- run: "))
				}
			}
		}
	}
	for _, b := range examples(t) {
		shown = append(shown, commandsOf(b.text)...)
	}
	for _, i := range instead {
		found := false
		for _, line := range shown {
			found = found || i.what.MatchString(line)
		}
		if !found || i.reason == "" {
			t.Errorf("no document shows %s, which is not run because %q", i.what, i.reason)
		}
	}
}

// The README's two commands are those that CI runs, word for word.
func TestCIRunsTheReadme(t *testing.T) {
	t.Parallel()
	ci, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	comment := regexp.MustCompile(`\s+#.*$`)
	var two []string
	for _, b := range blocksOf(t, "../../README.md") {
		if strings.Contains(b.text, "go test ./...") {
			for _, line := range commandsOf(b.text) {
				two = append(two, comment.ReplaceAllString(line, ""))
			}
		}
	}
	if len(two) != 2 {
		t.Fatalf("the README's two commands are %q", two)
	}
	for _, command := range two {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(command) + `$`).Match(ci) {
			t.Errorf(".ci/run does not run %q as it stands", command)
		}
	}
}

var span = regexp.MustCompile("`([^`\n]+)`")

// Commands in running text have to exist, with their flags; so do the targets of make.
func TestSpansOfCommands(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range span.FindAllStringSubmatch(regexp.MustCompile("(?s)\n```.*?\n```").ReplaceAllString(string(text), ""), -1) {
			words := strings.Fields(s[1])
			switch {
			case words[0] == "pgbench-provider" && len(words) > 1 && words[1] != "--version" && words[1] != "pgbench-provider":
				callExists(t, strings.Join(words[1:], " "))
			case words[0] == "make" && len(words) > 1:
				if !regexp.MustCompile(`(?m)^` + words[1] + `:`).Match(makefile) {
					t.Errorf("%s: the Makefile has no target %s", path, words[1])
				}
			case len(words) > 1 && isCommand(words[0]) && strings.Contains(s[1], " --"):
				callExists(t, s[1])
			default:
				continue
			}
			found++
		}
	}
	if found < 20 {
		t.Errorf("%d commands stand in the text", found)
	}
}
