package cli_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"pgbench-provider/internal/cli"
	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/target"
)

// A standby is refused at once by whatever would write, and looked at by what only reads.
func TestStandby(t *testing.T) {
	t.Parallel()
	primary, err := target.Open(t.Context(), target.Spec{Getenv: func(string) string { return "" }, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = primary.Close(context.Background()) })
	standby := pgtest.Standby(t, primary)
	port := strconv.Itoa(int(standby.Port))
	u := url.URL{Scheme: "postgres", User: url.UserPassword(standby.User, standby.Password), Host: net.JoinHostPort(standby.Host, port), Path: "/" + standby.Database, RawQuery: "sslmode=disable"}
	var out, fault bytes.Buffer
	code := cli.Main(t.Context(), []string{"doctor", "--dsn", u.String() + "&target_session_attrs=primary"}, &out, &fault)
	if code != 3 || !strings.Contains(fault.String(), "server is in standby mode): check that a server is up that is what target_session_attrs asks for") {
		t.Errorf("exit code %d\n%s%s", code, &out, &fault)
	}
	for command, want := range map[string]string{
		"run": "", "compare": "", "sweep": "", "verify": "", "clean": "", "migrate up --schema durable": "", "migrate down --schema durable": "", "bench-peers": "",
		"doctor": "a server that takes writes: it is a standby", "migrate status --schema durable": "not applied",
	} {
		var out, err bytes.Buffer
		code := cli.Main(t.Context(), append(strings.Fields(command), "--dsn", u.String()), &out, &err)
		if want == "" && (code != 2 || out.Len() > 0 || !strings.Contains(err.String(), "--dsn: 127.0.0.1:"+port+"/bench takes no writes, since it is a standby: name the primary")) {
			t.Errorf("%s: exit code %d\n%s%s", command, code, &out, &err)
		}
		if want != "" && (code == 2 || !strings.Contains(out.String()+err.String(), want)) {
			t.Errorf("%s: exit code %d\n%s%s", command, code, &out, &err)
		}
	}
}
