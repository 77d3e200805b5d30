package cli

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The GitHub Action passes each of its inputs on, runs a script that is there, and calls commands and flags that exist.
func TestAction(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Name, Description string
		Inputs            map[string]struct{ Description, Default string }
		Runs              struct {
			Using string
			Steps []struct {
				Uses, Run, Shell string
				With, Env        map[string]string
			}
		}
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&action); err != nil {
		t.Fatal(err)
	}
	var script string
	var passed []string
	for _, s := range action.Runs.Steps {
		for _, value := range s.Env {
			if name, ok := strings.CutPrefix(value, "${{ inputs."); ok {
				passed = append(passed, strings.TrimSuffix(name, " }}"))
			}
		}
		if s.Run == "" {
			continue
		}
		if strings.Contains(s.Run, "${{") {
			t.Errorf("%s: an input in the text of a script can be any command: pass it by env", s.Run)
		}
		path := strings.Replace(strings.Trim(s.Run, `"`), "$GITHUB_ACTION_PATH", "../..", 1)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		script += string(b)
		for name := range s.Env {
			if !strings.HasPrefix(name, "PGBENCH_PROVIDER_") && !strings.Contains(string(b), name) {
				t.Errorf("%s does not use %s", path, name)
			}
		}
	}
	for name, in := range action.Inputs {
		if in.Description == "" || !slices.Contains(passed, name) {
			t.Errorf("input %s has no description or is passed to nothing", name)
		}
	}
	if action.Runs.Using != "composite" || len(passed) != len(action.Inputs) {
		t.Errorf("it uses %q and passes %v", action.Runs.Using, passed)
	}
	calls := regexp.MustCompile(`(?m)^pgbench-provider (.+)$`).FindAllStringSubmatch(script, -1)
	if len(calls) < 2 || !strings.Contains(script, `gate --baseline "$BASELINE"`) {
		t.Errorf("the script calls %q", calls)
	}
	for _, call := range calls {
		callExists(t, call[1])
	}
	for name := range action.Inputs {
		for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(action.Inputs[name].Description, -1) {
			callExists(t, "gate "+flag)
		}
	}
}

// callExists wants the command that the words name, and its flags.
func callExists(t *testing.T, call string) {
	t.Helper()
	root := (&app{out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }}).root()
	words := strings.Fields(call)
	c, _, err := root.Find(words)
	if err != nil || c == root {
		t.Errorf("pgbench-provider %s: no such command (%v)", call, err)
		return
	}
	for _, word := range words {
		name, isFlag := strings.CutPrefix(word, "--")
		if name, _, _ = strings.Cut(name, "="); isFlag && c.Flag(name) == nil {
			t.Errorf("pgbench-provider %s: %s has no --%s", call, c.Name(), name)
		}
	}
}
