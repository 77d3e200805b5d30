// Package sqlfile loads SQL statements that are kept one to a file.
package sqlfile

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// A Set maps a statement's name to its text. The name is the file's path below the root, slashes turned into dots, the
// number that orders it and the ending left out: fetch_orchestration_item/02_lock.sql is fetch_orchestration_item.lock.
// The text begins with a comment, "-- name: <prefix>.<name>", by which client and server timings are joined.
type Set map[string]string

var order = regexp.MustCompile(`(^|/)[0-9]+[a-z]?_`)

// Load reads every .sql file below root. It fails when a file cannot be read, is empty, or shares its name with another.
func Load(fsys fs.FS, root, prefix string) (Set, error) {
	set := Set{}
	err := fs.WalkDir(fsys, root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".sql" {
			return err
		}
		text, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(p, root), "/"), ".sql")
		name = strings.ReplaceAll(order.ReplaceAllString(name, "$1"), "/", ".")
		body := strings.TrimSpace(string(text))
		if body == "" {
			return fmt.Errorf("%s is empty", p)
		}
		if _, ok := set[name]; ok {
			return fmt.Errorf("%s: the name %s is taken", p, name)
		}
		set[name] = "-- name: " + prefix + "." + name + "\n" + body
		return nil
	})
	return set, err
}

// MustLoad is Load for embedded files, where an error is a mistake of the program: it panics.
func MustLoad(fsys fs.FS, root, prefix string) Set {
	set, err := Load(fsys, root, prefix)
	if err != nil {
		panic("sqlfile: " + err.Error())
	}
	return set
}

// Get gives the statement of that name and panics when there is none: statement names are constants of the program.
func (s Set) Get(name string) string {
	text, ok := s[name]
	if !ok {
		panic("sqlfile: no statement " + name)
	}
	return text
}
