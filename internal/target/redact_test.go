package target_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pgbench-provider/internal/target"
)

// secret is in the password of each of these.
const secret = "pl4nted"

var planted = []string{
	"postgres://u:pl4nted@127.0.0.1:1/db", "postgres://u:pl4nted@host:port/db", "postgres://u:pl4nted@[::1/db",
	"postgres://u:pl4nted@127.0.0.1:1/db?sslmode=nope", "host=127.0.0.1 port=1 password=pl4nted user=u",
	"host=127.0.0.1 port=x password=pl4nted", "password='pl4nted' host=127.0.0.1 port=1", "postgres://u:pl4nted%zz@h/db",
	"host=/nonexistent password=pl4nted", "postgres://nohost.invalid:5432/db?password=pl4nted", "is no DSN password=pl4nted",
	"postgres://u:a`pl4nted@h:x/db", "postgres://u:a@pl4nted@127.0.0.1:1/db", "postgres://u:a pl4nted@127.0.0.1:1/db",
	"postgres://u:a/pl4nted@h:1/d", "postgres://u:5/pl4nted@127.0.0.1/d", "postgres://u:pl4nted#x@127.0.0.1:1/d", "postgres://u:a?pl4nted@h:1/d",
	"password='a pl4nted host=x", "host=h port=x password=a&pl4nted", "host=127.0.0.1 port=1 password=a'pl4nted",
	`host=127.0.0.1 port=1 password=a\ pl4nted`, `host=127.0.0.1 port=1 password='a\' pl4nted`, "host=h password = pl4nted port=x",
	"postgres://127.0.0.1:1/db?pass%77ord=pl4nted", "postgres://127.0.0.1:1/db?sslpassword=pl4nted&sslmode=disable",
	"host=127.0.0.1 port=1 sslmode=verify-full sslrootcert=/nonexistent password=pl4nted", "host=127.0.0.1 port=1 PASSWORD=pl4nted",
	"postgresql://u:pl4nted@127.0.0.1:1,127.0.0.1:2/db", "postgres://u:pl4nted@127.0.0.1:1/db\x00", "host=127.0.0.1 port=1\tpassword=\npl4nted",
	"service=nope servicefile=/nonexistent password=pl4nted", "host=127.0.0.1 port=1 password=pl4nted target_session_attrs=nope",
}

func TestPasswordsStaySecret(t *testing.T) {
	t.Parallel()
	for _, dsn := range planted {
		_, err := target.Open(t.Context(), target.Spec{Getenv: nothing, DSN: dsn})
		if err == nil {
			t.Errorf("%s was opened", dsn)
			continue
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %q tells the password, or is more than a line", dsn, err)
		}
		if got := target.Redact(dsn); strings.Contains(got, secret) {
			t.Errorf("Redact(%q) = %q", dsn, got)
		}
		if got := target.Redact("got '" + dsn); !strings.Contains(dsn, "a pl4nted@") && strings.Contains(got, secret) {
			t.Errorf("Redact in a sentence, %q = %q", dsn, got)
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"postgres://u:p@h/d":                       "postgres://u:xxxxx@h/d",
		"postgres://u:p@h:5432/d?options=a@b":      "postgres://u:xxxxx@h:5432/d?options=a@b",
		"postgres://u@h:5432/d":                    "postgres://u@h:5432/d",
		"postgres://h:5432/d?user=u@tenant":        "postgres://h:xxxxx", // could be a password with a slash
		"host=h password=p user=u":                 "host=h password=xxxxx user=u",
		"password='a b\\'c' host=h":                "password=xxxxx host=h",
		"postgres://h/d?password=p&sslmode=on":     "postgres://h/d?password=xxxxx&sslmode=on",
		"postgres://u@h/d":                         "postgres://u@h/d",
		"open postgres://u:p@h/d and go":           "open postgres://u:xxxxx@h/d and go",
		"127.0.0.1:1/db refused user \"u\"":        "127.0.0.1:1/db refused user \"u\"",
		"check user, password and pg_hba.conf":     "check user, password and pg_hba.conf",
		"host=h passfile=/p sslmode=on dbname=a@b": "host=h passfile=/p sslmode=on dbname=a@b",
	} {
		if got := target.Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}

// A malformed string is the caller's mistake, a server that does not answer is not; a cancelled wait is neither.
func TestKindsOfErrors(t *testing.T) {
	t.Parallel()
	for dsn, bad := range map[string]bool{
		"postgres://h:port/db": true, "nonsense": true, "host=h sslmode=nope": true, "postgres://u:a@b@h/db": true,
		"postgres://127.0.0.1:1/db": false, "host=/nonexistent": false, "host=nohost.invalid": false,
	} {
		if _, err := target.Open(t.Context(), target.Spec{Getenv: nothing, DSN: dsn}); err == nil || errors.Is(err, target.ErrBadInput) != bad {
			t.Errorf("%s: %v; bad input should be %v", dsn, err, bad)
		}
	}
	_, err := target.Open(t.Context(), target.Spec{Getenv: nothing, DSN: "host=127.0.0.1 port=1 user=whoami"})
	if err == nil || !strings.Contains(err.Error(), `127.0.0.1:1/whoami cannot be reached as user "whoami"`) {
		t.Errorf("%v does not name host, port, database and user", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, spec := range []target.Spec{{Getenv: nothing, DSN: "host=127.0.0.1 port=1"}, {Getenv: nothing}} {
		if _, err := target.Open(cancelled, spec); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}
