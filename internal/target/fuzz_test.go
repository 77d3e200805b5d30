package target

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

const fuzzSecret = "pl4nted"

// spellings are the ways to write a password into a connection string: as the form demands, and as people do.
var spellings = []func(password string) string{
	func(p string) string { return "postgres://u:" + percent(p) + "@127.0.0.1:1/d" },
	func(p string) string { return "postgres://127.0.0.1:1/d?password=" + percent(p) + "&sslmode=disable" },
	func(p string) string { return "host=127.0.0.1 port=1 password=" + keyword(p) + " user=u" },
	func(p string) string { return "postgres://u:" + p + "@127.0.0.1:1/d" },
	func(p string) string { return "postgresql://u:" + p + "@127.0.0.1:1,127.0.0.2:2/d?sslmode=disable" },
	func(p string) string { return "postgres://127.0.0.1:1/d?password=" + p },
	func(p string) string { return "host=127.0.0.1 port=1 user=u password=" + p },
	func(p string) string { return "password='" + p + "' host=127.0.0.1 port=1 user=u" },
	func(p string) string { return "host=127.0.0.1 sslpassword=" + p },
}

// percent encodes a space as libpq decodes it, which takes a plus for a plus.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// encoded is the number of spellings that take every password.
const encoded = 3

// A password, however it is spelled, is in no error and not in what a parsed string is then called by.
func FuzzSecret(f *testing.F) {
	for i := range spellings {
		f.Add(byte(i), "5432/", "?x")
		for _, around := range []string{"", "@", "/", "?", "#", "%", "&", "=", " ", "'", `"`, "`", `\`, ":", "\n", "\x00", "://", "é", "%zz", "5432/", "x=y ", "]["} {
			f.Add(byte(i), around, around)
		}
	}
	for _, name := range []string{"PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSERVICE", "PGPASSFILE"} {
		f.Setenv(name, "")
	}
	f.Fuzz(func(t *testing.T, spelling byte, before, after string) {
		form := int(spelling) % len(spellings)
		if strings.Contains(before+after, "pass") || form >= encoded && strings.Contains(before+after, "=") {
			return // another password, or another keyword, begins
		}
		password := before + fuzzSecret + after
		dsn := spellings[form](password)
		config, err := parse(dsn, "--dsn")
		if err != nil {
			silent(t, dsn, "the error", err.Error())
			return
		}
		if form < encoded && config.Password != password {
			t.Fatalf("%q has the password %q", dsn, config.Password)
		}
		silent(t, dsn, "the redacted text", strings.ReplaceAll(Redact(dsn), "\n", " "))
		s := &Server{config: config, kind: "dsn"}
		silent(t, dsn, "the server's name", s.Describe()+fmt.Sprint(config.RuntimeParams))
	})
}

func silent(t *testing.T, dsn, what, text string) {
	t.Helper()
	if strings.Contains(text, fuzzSecret) || strings.Contains(text, "\n") {
		t.Fatalf("%q: %s is %q", dsn, what, text)
	}
}

// Any text at all: it is parsed or refused in a line, and redacting it twice is redacting it once.
func FuzzDSN(f *testing.F) {
	for _, dsn := range []string{"", "host=h", "postgres://u:p@h:5432/d?sslmode=disable", "postgres://[::1]:5432", "host='a b' password='c\\'d'", "host=h,i port=1,2",
		"service=none", "postgres://h/d?options=-c%20x%3D1", "host=/tmp user=u", "postgres://%zz", "host", "=", "host=", "port=99999", "pool_max_conns=1"} {
		f.Add(dsn)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		if strings.Contains(dsn, "file") || strings.Contains(dsn, "cert") || strings.Contains(dsn, "key") || strings.Contains(dsn, "%") {
			return // it would be opened
		}
		once := Redact(dsn)
		if twice := Redact(once); twice != once {
			t.Fatalf("%q is redacted to %q, and that to %q", dsn, once, twice)
		}
		config, err := parse(dsn, "--dsn")
		if err != nil && (strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000) {
			t.Fatalf("%q: %q", dsn, err)
		}
		if err == nil {
			_ = (&Server{config: config, kind: "dsn"}).Describe()
			_ = pgx.Identifier{config.Database}.Sanitize()
		}
	})
}
