package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pgbench-provider/reports"
)

// Flags are valid or refused in a line that names a flag. A line of data is an argument.
func FuzzFlags(f *testing.F) {
	for _, args := range []string{"", "--dispatchers=2:2,4:4", "--dispatchers=9999999999999999999:1", "--dispatchers=,", "--rtt=0,1ms,25ms", "--rtt=1e9h", "--rtt=\"", "--rtt=1ms,",
		"--rate=200/s\n--ramp=1s", "--rate=1e400", "--rate=nan", "--rate=inf", "--rate=0x1p3/min", "--rate=/", "--fault=sp:ack_orchestration_item:50us:x", "--fault=::statement", "--fault=a:b:-1s",
		"--in-flight=-1", "--in-flight=9223372036854775807", "--jitter=-1ns", "--cold=1ms\n--rtt=1ms", "--payload=-1", "--payload=9223372036854775807", "--activities=99999999", "--depth=-5", "--history=1\n--workload=operations",
		"--workload=", "--workload=\x00", "--seed=-1", "--activity-delay=300000h", "--dsn", "--nope", "-x", "--latency-limit=1ns", "--out=\xff"} {
		f.Add(args)
	}
	f.Fuzz(func(t *testing.T, args string) {
		a := &app{out: io.Discard, err: io.Discard, args: strings.Split(args, "\n"), getenv: func(string) string { return "" }}
		l := &loadFlags{workload: []string{"hello-world"}, strategies: []string{"inline", "sp"}}
		l.config.InFlight, l.config.Rounds, l.config.Round = 4, 5, 1e9
		c := &cobra.Command{Use: "fuzz"}
		l.add(c)
		l.addOpenLoop(c)
		if err := c.ParseFlags(a.args); err != nil {
			return // pflag names the flag
		}
		err := l.finish(a, c)
		if err == nil {
			return
		}
		named := false
		c.Flags().VisitAll(func(f *pflag.Flag) { named = named || strings.Contains(err.Error(), f.Name) })
		if code := exitCode(t.Context(), err); code != exitUsage || !named || len(err.Error()) > 2000 {
			t.Fatalf("%q: exit %d, %q", args, code, err)
		}
	})
}

// What was typed is kept in results: no password with it.
func FuzzCommandLine(f *testing.F) {
	f.Add("--dsn\npostgres://u:pl4nted@h/d\n--json")
	f.Add("--dsn=host=h password=pl4nted\n--out\nx y")
	f.Add("-dsn\npostgres://h/d?password=pl4nted")
	f.Add("--out\npassword='a pl4nted'")
	f.Fuzz(func(t *testing.T, args string) {
		// pl4nted is planted anew at the end of what was mutated.
		for _, dsn := range []string{"postgres://u:pl4nted@h/d", "host=h password='a pl4nted'", "postgres://h/d?password=pl4nted"} {
			list := append(strings.Split(strings.ReplaceAll(args, "pl4nted", ""), "\n"), "--dsn", dsn, "--dsn="+dsn, dsn)
			if line := commandLine(list); strings.Contains(line, "pl4nted") {
				t.Fatalf("%q is told as %q", list, line)
			}
		}
	})
}

// Any file at all, by the command that shows it: the exit code says whose fault it is, and the file is named.
func FuzzReport(f *testing.F) {
	for _, text := range []string{"", "{}", `{"format":1,"kind":"run","cells":[{"strategy":"sp","workload":"w"}]}`, `{"format":1,"kind":"compare","cells":[{"strategy":"a","workload":"w"},{"strategy":"b","workload":"w"}]}`,
		`{"format":2}`, `{"comparisons":[]}`, "\x1f\x8b", `{"format":1,"cells":[{"strategy":1}]}`, `{"format":1,"kind":"run","cells":[{"strategy":"\u001b[31m","workload":"|\n|<b>"}]}`} {
		f.Add([]byte(text), byte(0))
	}
	f.Fuzz(func(t *testing.T, data []byte, format byte) {
		path := filepath.Join(t.TempDir(), "r.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs strings.Builder
		formats := reports.Formats()
		code := Main(t.Context(), []string{"report", path, "--format", formats[int(format)%len(formats)]}, &out, &errs)
		switch {
		case code == exitOK && errs.Len() > 0, code != exitOK && strings.Count(errs.String(), "\n") != 1:
			t.Fatalf("%q: exit %d, stderr %q", data, code, errs.String())
		case code == exitUsage && !strings.Contains(errs.String(), "r.json: "):
			t.Fatalf("%q: the error does not name the file: %q", data, errs.String())
		case code != exitOK && code != exitUsage && code != exitIncomparable:
			t.Fatalf("%q: exit %d, %q", data, code, errs.String())
		}
	})
}

// talker panics with what it is, wherever it is written to.
type talker string

func (p talker) Write([]byte) (int, error) { panic("cannot reach " + string(p)) }

func TestPanicsKeepSecrets(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"postgres://u:pl4nted@h/d", "host=h password=pl4nted"} {
		var errs strings.Builder
		if code := Main(t.Context(), []string{"version"}, talker(dsn), &errs); code != exitFailed || strings.Contains(errs.String(), "pl4nted") || !strings.Contains(errs.String(), "this is a defect: panic: cannot reach") {
			t.Errorf("exit %d: %s", code, errs.String())
		}
	}
}
