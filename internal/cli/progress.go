package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"pgbench-provider/internal/bench"
)

// progress tells how far a run is: one line that is rewritten on a terminal, a line every ten seconds elsewhere, or all
// lines where PGBENCH_PROVIDER_PROGRESS is all. It writes between timed parts only.
type progress struct {
	w        io.Writer
	terminal bool
	all      bool
	shown    bool
	last     time.Time
}

const every = 10 * time.Second

func (a *app) newProgress() *progress {
	return &progress{w: a.err, terminal: isTerminal(a.err), all: a.getenv("PGBENCH_PROVIDER_PROGRESS") == "all"}
}

// say announces a step.
// say shows a line. That something is downloaded is shown in any case.
func (p *progress) say(text string) {
	if strings.HasPrefix(text, "downloading ") {
		p.last = time.Time{}
	}
	p.line(text)
}

func (p *progress) show(s bench.Progress) {
	switch s.Phase {
	case "measure":
		of := ""
		if s.Rounds > 0 {
			of = fmt.Sprintf(" of %d", s.Rounds)
		}
		text := fmt.Sprintf("round %d%s: %s, %s", s.Round, of, s.Workload, s.Strategy)
		if s.AddedRTT > 0 {
			text += fmt.Sprintf(", %v added", s.AddedRTT)
		}
		if s.Left > 0 {
			text += fmt.Sprintf(", about %v left", s.Left.Round(time.Second))
		}
		p.line(text)
	case "prepare":
		p.line(fmt.Sprintf("preparing %s, %s", s.Workload, s.Strategy))
	case "cold":
		p.line(fmt.Sprintf("first unit on new connections: %s, %s, %v added", s.Workload, s.Strategy, s.AddedRTT))
	case "verify":
		p.line("checking that the strategies agree")
	case "finish":
		p.line("cleaning up")
	}
}

func (p *progress) line(text string) {
	switch {
	case p.terminal:
		fmt.Fprintf(p.w, "\r\x1b[K%s", text)
		p.shown = true
	case p.all || time.Since(p.last) >= every:
		fmt.Fprintln(p.w, text)
		p.last = time.Now()
	}
}

// clear removes the line from a terminal.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
