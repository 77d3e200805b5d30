package gate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Read reads a baseline. It takes nothing that [Write] would not write: no unknown, missing or doubtful field. Its errors
// are [*BaselineError] and name the field.
func Read(r io.Reader) (*Baseline, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, &BaselineError{Err: err, Problem: fmt.Sprintf("the baseline cannot be read: %v", err), Remedy: "try again"}
	}
	if e := checkFormat(data); e != nil {
		return nil, e
	}
	b := new(Baseline)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(b); err != nil {
		return nil, explain(err, len(data))
	}
	if problem := missing(b, data); problem != "" {
		return nil, &BaselineError{Problem: problem, Remedy: remedyAgain}
	}
	if problem := b.problem(); problem != "" {
		return nil, &BaselineError{Problem: problem, Remedy: remedyAgain}
	}
	return b, nil
}

// checkFormat recognises a file of another version even where the rest of it has changed.
func checkFormat(data []byte) *BaselineError {
	var head struct {
		Format   *json.RawMessage `json:"format"`
		Identity *json.RawMessage `json:"identity"`
		Cells    *json.RawMessage `json:"cells"`
	}
	if err := json.Unmarshal(data, &head); err != nil { // it also refuses what follows the object
		return explain(err, len(data))
	}
	var format int
	switch {
	case head.Cells != nil && head.Identity == nil:
		return &BaselineError{Problem: "this is a result and not a baseline", Remedy: "make a baseline from it"}
	case head.Format == nil:
		return &BaselineError{Problem: `there is no "format" key, so this is not a baseline`, Remedy: remedyAgain}
	case json.Unmarshal(*head.Format, &format) != nil || format < 1:
		return &BaselineError{Problem: fmt.Sprintf("format is %.40q, not a version number", *head.Format), Remedy: remedyAgain}
	case format != Format:
		return &BaselineError{
			Problem: fmt.Sprintf("format is %d, and this program reads %d", format, Format),
			Remedy:  "make the baseline again with this version of pgbench-provider",
		}
	}
	return nil
}

// ReadFile is [Read] of the file at path, which its errors name.
func ReadFile(path string) (*Baseline, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &BaselineError{Path: path, Err: err, Problem: "there is no such file", Remedy: "check the path, or make a baseline"}
	case err != nil:
		return nil, &BaselineError{Path: path, Err: err, Problem: err.Error(), Remedy: "check the path and its permissions"}
	}
	defer f.Close()
	b, err := Read(f)
	var bad *BaselineError
	if errors.As(err, &bad) {
		bad.Path = path
	}
	return b, err
}

// Write writes b as indented JSON. It fails when b breaks a rule that [Read] checks.
func Write(w io.Writer, b *Baseline) error {
	out := *b
	out.Format = Format
	if problem := out.problem(); problem != "" {
		return fmt.Errorf("write the baseline: %s", problem)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

// WriteFile writes b to path, making its directory when it is missing. The file appears complete or not at all, under a
// temporary name beside it until then. An existing file is replaced.
func WriteFile(path string, b *Baseline) (err error) {
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
	if err := Write(tmp, b); err != nil {
		return err
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
