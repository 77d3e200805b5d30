package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"pgbench-provider/internal/bench"
)

// progress tells how far a run is and what it has found: a few lines that are rewritten on a terminal, a line every ten
// seconds elsewhere, or all lines where PGBENCH_PROVIDER_PROGRESS is all. It writes between timed parts only, and nothing
// where that variable is none.
type progress struct {
	w        io.Writer
	terminal bool
	mode     string
	shown    bool
	last     time.Time
	live     live
}

const every = 10 * time.Second

func (a *app) newProgress() *progress {
	return &progress{w: a.err, terminal: isTerminal(a.err), mode: a.getenv("PGBENCH_PROVIDER_PROGRESS")}
}

// say announces a step. That something is downloaded is shown in any case.
func (p *progress) say(text string) {
	if strings.HasPrefix(text, "downloading ") {
		p.last = time.Time{}
	}
	p.line(text, nil)
}

func (p *progress) show(s bench.Progress) {
	switch s.Phase {
	case "measured":
		p.live.add(s)
	case "measure":
		p.line(where(s), p.live.lines(s))
	case "prepare":
		p.line(fmt.Sprintf("preparing %s, %s", s.Workload, s.Strategy), nil)
	case "cold":
		p.line(fmt.Sprintf("first unit on new connections: %s, %s, %v added", s.Workload, s.Strategy, s.AddedRTT), nil)
	case "verify":
		p.line("checking that the strategies agree", nil)
	case "finish":
		p.line("cleaning up", nil)
	}
}

// where says which round begins and how long all will take.
func where(s bench.Progress) string {
	text := fmt.Sprintf("round %d", s.Round)
	if s.Rounds > 0 {
		text += fmt.Sprintf(" of %d", s.Rounds)
	}
	text += fmt.Sprintf(": %s, %s", s.Workload, s.Strategy)
	if s.AddedRTT > 0 {
		text += fmt.Sprintf(", %v added", s.AddedRTT)
	}
	if s.Left > 0 {
		text += fmt.Sprintf(", about %v left", s.Left.Round(time.Second))
	}
	return text
}

func (p *progress) line(text string, lines []string) {
	switch {
	case p.mode == "none":
	case p.terminal:
		fmt.Fprint(p.w, p.live.draw(text, lines))
		p.shown = true
	case p.mode == "all" || time.Since(p.last) >= every:
		for i, line := range lines {
			lines[i] = strings.TrimRight(line, "▁▂▃▄▅▆▇█ ") // a log has many fonts
		}
		fmt.Fprintln(p.w, strings.Join(append([]string{text}, lines...), "\n"))
		p.last = time.Now()
	}
}

// clear removes the lines from a terminal.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, p.live.erase())
		p.shown = false
	}
}
