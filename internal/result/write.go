package result

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Write writes f as indented JSON with format set to [Format]. It changes nothing in f. It fails when f breaks a rule
// that [Read] checks, so that no file is written that cannot be read.
func Write(w io.Writer, f *File) error {
	if problem := f.problem(); problem != "" {
		return fmt.Errorf("write the result: %s", problem)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	return enc.Encode(f.complete())
}

// complete copies f as far as needed to say [] and {} where a nil would print null, which the schema does not allow.
func (f *File) complete() *File {
	out := *f
	out.Format = Format
	out.Checks, out.Warnings = list(f.Checks), list(f.Warnings)
	if out.Config == nil {
		out.Config = map[string]any{}
	}
	out.Cells = slices.Clone(f.Cells)
	for i := range out.Cells {
		c := &out.Cells[i]
		c.Rounds = slices.Clone(list(c.Rounds))
		for j := range c.Rounds {
			c.Rounds[j].Operations = list(c.Rounds[j].Operations)
		}
		c.Summary.Operations, c.Summary.Queries = list(c.Summary.Operations), list(c.Summary.Queries)
	}
	return &out
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// WriteFile writes f to path, making its directory when it is missing: a long run must not be lost to a missing folder.
// The file appears complete or not at all, under a temporary name beside it until then. An existing file is replaced.
func WriteFile(path string, f *File) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if err := Write(tmp, f); err != nil {
		return err
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil { // before the rename, or a crash can leave an empty file under the final name
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
