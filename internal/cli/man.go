package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man FOLDER",
		Short:   "Write the manual pages",
		Example: `  pgbench-provider man /usr/local/share/man/man1`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage{fmt.Errorf("man takes the folder to write to: see %s --help", c.CommandPath())}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			return writeManuals(c.Root(), args[0])
		},
	}
}

// writeManuals writes a page for c and each command below it, the same bytes each time.
func writeManuals(c *cobra.Command, folder string) error {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			if err := writeManuals(sub, folder); err != nil {
				return err
			}
		}
	}
	c.DisableAutoGenTag = true
	var page bytes.Buffer
	header := &doc.GenManHeader{Section: "1", Date: &time.Time{}, Source: "pgbench-provider", Manual: "pgbench-provider"}
	if err := doc.GenMan(c, header, &page); err != nil {
		return err
	}
	// The same bytes from the same commands, whenever they are made.
	text := strings.Replace(page.String(), `"Jan 0001"`, `""`, 1) + ".SH EXIT STATUS\n.EX\n" + exitCodes + "\n.EE\n"
	return os.WriteFile(filepath.Join(folder, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"), []byte(text), 0o644)
}
