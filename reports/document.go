package reports

import (
	"strings"
	"unicode"

	"pgbench-provider/internal/compare"
)

// document is a report for people before it is known whether it goes to a terminal or into Markdown.
type document struct {
	title  string
	facts  []string // what was measured, a line each
	parts  []part
	notes  []string // doubts, a sentence each
	legend string
	paths  [][2]string // label, path

	charts   []Chart // for Markdown, which has them beside it
	chartsAt string
}

// part is a table and what it means.
type part struct {
	title  string
	tables []grid
	text   []string // paragraphs
	only   string   // "terminal", "markdown", or "" for both
}

// grid is a table. Column headings may have two lines; a column is aligned to the right unless it is in left.
type grid struct {
	title string
	only  string // as of a part
	head  []string
	left  map[int]bool
	rows  [][]cell
	fold  bool // by formats that can
}

// cell is a text and the verdict that may colour it.
type cell struct {
	text    string
	verdict compare.Verdict
}

func text(s string) cell { return cell{text: clean(s)} }

// clean drops control characters: names come from files, and a file must not be able to drive the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}
