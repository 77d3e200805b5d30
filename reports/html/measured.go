package html

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgbench-provider/internal/result"
)

// Fact is a name and what it is; code says that it is to be typed.
type Fact struct {
	Name, Text string
	Code       bool
}

// measured says how and where, for the head of two files and for the base where it differs.
func (p Page) measured() []Fact {
	if p.Base == p.Head {
		return facts(p.Head)
	}
	base, out := facts(p.Base), facts(p.Head)
	for i := 0; i < len(out); i++ {
		j := slices.IndexFunc(base, func(f Fact) bool { return f.Name == out[i].Name })
		if j >= 0 && base[j] != out[i] {
			b := base[j]
			b.Name += " (base)"
			out[i].Name += " (head)"
			out = slices.Insert(out, i, b)
			i++
		}
	}
	return out
}

func facts(f *result.File) (out []Fact) {
	add := func(name string, texts ...string) {
		texts = slices.DeleteFunc(texts, func(s string) bool { return s == "" })
		if len(texts) > 0 {
			out = append(out, Fact{Name: name, Text: strings.Join(texts, ", ")})
		}
	}
	if c, ok := f.Config["command"].(string); ok && c != "" {
		out = append(out, Fact{"To repeat", repeat(c, f.Config), true})
	}
	add("When", f.StartedAt.UTC().Format("2006-01-02 15:04 MST"), took(f))
	s, c := f.Environment.Server, f.Environment.Client
	add("Connection", given(s.TLS, "TLS"), s.Pooler)
	if s.DatabaseBytes > 0 {
		add("Database", fmt.Sprintf("%.1f MB", float64(s.DatabaseBytes)/1e6))
	}
	add("Extensions", s.Extensions...)
	add("Kernel", c.Kernel)
	add("GOMAXPROCS", strconv.Itoa(c.GOMAXPROCS))
	add("CI", c.CI)
	for _, all := range []map[string]string{s.Facts, c.Facts} {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			add(strings.ReplaceAll(name, "_", " "), all[name])
		}
	}
	add("Tool", strings.TrimSpace(f.Tool.Name+" "+f.Tool.Version), f.Tool.Commit, f.Tool.Go)
	add("Checks", checks(f))
	return out
}

var outOption = regexp.MustCompile(` --?(out|report)[ =](".*?"|'.*?'|\S+)`)

// repeat is the command without where its files went, and with what it left to chance.
func repeat(command string, config map[string]any) string {
	command = outOption.ReplaceAllString(command, "")
	add := func(option string, value any) {
		if value != nil && !strings.Contains(command, "--"+option+" ") && !strings.Contains(command, "--"+option+"=") {
			command += fmt.Sprintf(" --%s %v", option, value)
		}
	}
	add("rounds", config["rounds"])
	if ns, err := strconv.ParseFloat(fmt.Sprint(config["round_ns"]), 64); err == nil && ns > 0 {
		add("round", time.Duration(ns))
	}
	add("seed", config["seed"])
	return command
}

func took(f *result.File) string {
	if d := f.FinishedAt.Sub(f.StartedAt); d > 0 {
		return "took " + d.Round(time.Second).String()
	}
	return ""
}

func checks(f *result.File) string {
	if len(f.Checks) == 0 {
		return ""
	}
	var failed []string
	for _, c := range f.Checks {
		if !c.OK {
			failed = append(failed, strings.TrimSpace(strings.Join([]string{c.Name, c.Strategy, c.Workload, c.Detail}, " ")))
		}
	}
	if len(failed) == 0 {
		return fmt.Sprintf("all %d passed", len(f.Checks))
	}
	return fmt.Sprintf("%d of %d failed: %s", len(failed), len(f.Checks), strings.Join(failed, "; "))
}

// defaults are PostgreSQL's, as initdb leaves them; a setting that is recorded and differs bears on the figures.
var defaults = map[string]string{
	"autovacuum": "on", "default_transaction_isolation": "read committed", "dynamic_shared_memory_type": "posix",
	"fsync": "on", "full_page_writes": "on", "jit": "on", "lock_timeout": "0 ms", "log_min_duration_statement": "-1 ms",
	"max_connections": "100", "max_wal_size": "1024 MB", "min_wal_size": "80 MB", "plan_cache_mode": "auto",
	"shared_buffers": "16384 8kB", "shared_preload_libraries": "", "statement_timeout": "0 ms",
	"synchronous_commit": "on", "wal_level": "replica",
}

// settings are the server's that differ from its defaults, the others, and the run's.
func (p Page) settings() (out []Table) {
	s := p.Head.Environment.Server.Settings
	changed := Table{Title: "Server settings that differ from PostgreSQL's defaults", Head: []string{"setting", "value", "default"}, Left: map[int]bool{0: true, 1: true, 2: true}}
	plain := Table{Title: "Server settings at their defaults", Head: []string{"setting", "value"}, Left: map[int]bool{0: true, 1: true}}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if d, ok := defaults[name]; ok && (d == s[name] || name == "shared_buffers" && s[name] == "128MB") {
			plain.Rows = append(plain.Rows, cells(name, s[name]))
		} else {
			changed.Rows = append(changed.Rows, cells(name, s[name], d))
		}
	}
	run := Table{Title: "Settings of the run", Head: []string{"setting", "value"}, Left: map[int]bool{0: true, 1: true}}
	for _, name := range slices.Sorted(maps.Keys(p.Head.Config)) {
		if v, err := json.Marshal(p.Head.Config[name]); err == nil && name != "command" {
			run.Rows = append(run.Rows, cells(name, strings.Trim(string(v), `"`)))
		}
	}
	for _, t := range []Table{changed, run, plain} {
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	return out
}
