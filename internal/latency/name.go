package latency

import (
	"strings"
	"unicode/utf8"
)

// nameLength bounds the name of a statement that carries none.
const nameLength = 40

// control are the statements that pgx sends of itself for transactions, longest first: "begin isolation level
// serializable" is filed as "begin", "savepoint sp_3" as "savepoint".
var control = []string{"rollback to savepoint", "release savepoint", "savepoint", "rollback", "commit", "begin"}

// StatementName gives the name under which sql is filed: what a leading comment says ("-- name: a.b" on a line of its
// own, "/* a.b */" or "/* name: a.b */"), else the command for the statements that control a transaction, else the first
// 40 bytes with white space squeezed, cut between characters. "" stays "".
func StatementName(sql string) string {
	sql = strings.TrimSpace(sql)
	if comment, ok := leadingComment(sql); ok {
		comment = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(comment), "name:"))
		if name, _, _ := strings.Cut(comment, " "); name != "" {
			return name
		}
	}
	lower := strings.ToLower(sql[:min(len(sql), 2*nameLength)])
	for _, c := range control {
		if rest, ok := strings.CutPrefix(lower, c); ok && (rest == "" || rest[0] == ' ' || rest[0] == ';') {
			return c
		}
	}
	return squeeze(sql)
}

// leadingComment is false for a line comment that is not a name: prose is no name.
func leadingComment(sql string) (string, bool) {
	if rest, ok := strings.CutPrefix(sql, "--"); ok {
		line, _, _ := strings.Cut(rest, "\n")
		return line, strings.HasPrefix(strings.TrimSpace(line), "name:")
	}
	if rest, ok := strings.CutPrefix(sql, "/*"); ok {
		text, _, closed := strings.Cut(rest, "*/")
		return text, closed
	}
	return "", false
}

func squeeze(sql string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(sql) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		if b.Len() >= nameLength {
			break
		}
	}
	name := b.String()
	if len(name) <= nameLength {
		return name
	}
	cut := nameLength
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return strings.TrimSpace(name[:cut])
}
