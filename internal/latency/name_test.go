package latency_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"pgbench-provider/internal/latency"
)

func TestStatementName(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"-- name: inline.fetch.candidate\nselect 1": "inline.fetch.candidate",
		"-- name: inline.fetch.candidate\r\nselect": "inline.fetch.candidate",
		"\n--name:sp.ack :one\nselect":              "sp.ack",
		"-- name: alone":                            "alone",
		"/* sp.ack_work_item */ select 1":           "sp.ack_work_item",
		"/* name: sp.ack_work_item */select 1":      "sp.ack_work_item",
		"begin":                                     "begin",
		"BEGIN":                                     "begin",
		"begin isolation level serializable":        "begin",
		"commit":                                    "commit",
		"rollback;":                                 "rollback",
		"rollback to savepoint sp_12":               "rollback to savepoint",
		"release savepoint sp_1":                    "release savepoint",
		"savepoint sp_1":                            "savepoint",
		"beginning":                                 "beginning",
		"select\n\t 1,   2":                         "select 1, 2",
		"-- a remark\nselect 1":                     "-- a remark select 1",
		"/* never closed":                           "/* never closed",
		"-- name: \nselect 1":                       "-- name: select 1",
		"":                                          "",
		strings.Repeat("é", 21):                     strings.Repeat("é", 20),
		"x" + strings.Repeat("é", 20):               "x" + strings.Repeat("é", 19),
	} {
		if got := latency.StatementName(sql); got != want {
			t.Errorf("%q is named %q, want %q", sql, got, want)
		}
	}
}

func TestStatementNameOfAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sql := rapid.String().Draw(t, "sql")
		name := latency.StatementName(sql)
		if utf8.ValidString(sql) && !utf8.ValidString(name) {
			t.Fatalf("%q is not valid UTF-8", name)
		}
		if (name == "") != (strings.TrimSpace(sql) == "") {
			t.Fatalf("%q is named %q", sql, name)
		}
	})
}
