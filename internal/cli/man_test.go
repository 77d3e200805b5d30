package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command that is shown has a page, with examples where a user needs some.
func TestEveryCommandHasAManual(t *testing.T) {
	t.Parallel()
	root, folder := (&app{out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }}).root(), t.TempDir()
	if err := writeManuals(root, folder); err != nil {
		t.Fatal(err)
	}
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				visit(sub)
			}
		}
		page, err := os.ReadFile(filepath.Join(folder, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"))
		if err != nil {
			t.Error(err)
			return
		}
		for _, section := range []string{"SH NAME", "SH SYNOPSIS", "SH EXIT STATUS"} {
			if !strings.Contains(string(page), section) {
				t.Errorf("%s: no %s", c.CommandPath(), section)
			}
		}
		if strings.Contains(string(page), "Jan 0001") {
			t.Errorf("%s has a date", c.CommandPath())
		}
		plain := map[string]bool{"help": true, "config": true, "migrate": true, "baseline": true, "history": true}
		if ours := !strings.Contains(c.CommandPath(), "completion"); ours && !plain[c.Name()] && !strings.Contains(string(page), "SH EXAMPLE") {
			t.Errorf("%s: no example", c.CommandPath())
		}
	}
	visit(root)
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	names := []string{"in-flight", "rounds", "round", "rtt", "strategies"}
	for typed, want := range map[string]string{
		"inflight": " (did you mean in-flight?)", "strat": " (did you mean strategies?)", "ruonds": " (did you mean rounds?)",
		"rond": " (did you mean round?)", "nothing-like-it": "",
	} {
		if got := didYouMean(typed, names); got != want {
			t.Errorf("%s: %q, want %q", typed, got, want)
		}
	}
}
