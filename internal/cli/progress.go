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
	gone     bool // said that the server is
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
	case "outage":
		p.urgent(fmt.Sprintf("the server has been gone for %s; waiting up to %v (--max-outage)", roughly(s.Gone), s.MaxOutage), !p.gone)
		p.gone = true
	case "revive":
		p.urgent("the private PostgreSQL has died: starting it again", true)
		p.gone = true
	case "back":
		p.urgent(fmt.Sprintf("the server is back after %s", roughly(s.Gone)), p.gone)
		p.gone = false
	case "finish":
		p.line("cleaning up", nil)
	}
}

// urgent is a line that does not wait for its turn if it is new.
func (p *progress) urgent(text string, isNew bool) {
	if isNew {
		p.last = time.Time{}
	}
	p.line(text, nil)
}

// roughly is a time to a tenth of a second, below which nobody waits.
func roughly(d time.Duration) time.Duration {
	return max(d, 100*time.Millisecond).Round(100 * time.Millisecond)
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
