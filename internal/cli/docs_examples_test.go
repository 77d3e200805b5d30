package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func commandTree() *cobra.Command {
	return (&app{out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }}).root()
}

func isCommand(name string) bool {
	c, _, err := commandTree().Find([]string{name})
	return err == nil && c.HasParent() && c.Name() == name
}

// examples are those in the help of every command that is shown and does something itself: a block a command.
func examples(t *testing.T) (all []block) {
	t.Helper()
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		if !c.IsAvailableCommand() && c.HasParent() || c.Name() == "completion" || c.Name() == "help" {
			return
		}
		b, own := block{page: c.CommandPath() + " --help", kind: "sh"}, !c.HasParent()
		for line := range strings.Lines(c.Example) {
			line = strings.TrimSpace(line)
			b.text += line + "\n"
			own = own || line == c.CommandPath() || strings.HasPrefix(line, c.CommandPath()+" ")
		}
		if group := c.HasParent() && c.HasSubCommands() && c.Name() != "gate"; !own && !group { // a group has nothing but its help
			t.Errorf("%s: its help has no example of its own: %q", c.CommandPath(), c.Example)
		}
		if b.text != "" {
			all = append(all, b)
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(commandTree())
	if len(all) < 15 {
		t.Fatalf("%d commands have examples", len(all))
	}
	return all
}
