package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Read reads one file. Its errors are [*FileError] and name the problem and the remedy: empty, cut short, not JSON, of
// another tool, of a newer format, without cells, or holding values that the format does not know.
func Read(r io.Reader) (*File, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, &FileError{Err: err, Problem: fmt.Sprintf("the file cannot be read: %v", err), Remedy: "try again"}
	}
	if err := checkFormat(data); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // seeds are 64-bit and must not pass through a float
	f := new(File)
	if err := dec.Decode(f); err != nil {
		return nil, explain(err, len(data))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &FileError{Problem: "something follows the result", Remedy: remedyEdit}
	}
	if problem := f.problem(); problem != "" {
		return nil, &FileError{Problem: problem, Remedy: remedyEdit}
	}
	return f, nil
}

// checkFormat looks at the few keys that tell whether data is meant for this program at all. A newer format is to be
// recognised even where its other keys have changed their types.
func checkFormat(data []byte) error {
	var head struct {
		Format      *json.RawMessage `json:"format"`
		Cells       *json.RawMessage `json:"cells"`
		Comparisons *json.RawMessage `json:"comparisons"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&head); err != nil {
		return explain(err, len(data))
	}
	var format int
	switch {
	case head.Comparisons != nil && head.Cells == nil:
		return &FileError{
			Problem: "this is the output of compare and not a result", Remedy: "give the result file it was made from",
		}
	case head.Format == nil:
		return &FileError{Problem: `there is no "format" key, so this is not a result`, Remedy: remedyName}
	case json.Unmarshal(*head.Format, &format) != nil || format < 1:
		return &FileError{Problem: fmt.Sprintf("the format is %.40q, not a version number", *head.Format), Remedy: remedyName}
	case format > Format:
		return &FileError{
			Problem: fmt.Sprintf("the file has format %d, and this program reads up to %d", format, Format),
			Remedy:  "use the version of pgbench-provider that wrote it, or a newer one",
		}
	case head.Cells == nil || string(*head.Cells) == "null" || string(bytes.TrimSpace(*head.Cells)) == "[]":
		return &FileError{Problem: "the file has no cells: nothing was measured", Remedy: remedyAgain}
	}
	return nil
}

// ReadFile is [Read] of the file at path, which its errors name. A file that is not there is an [ErrBadFile] as well.
func ReadFile(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &FileError{Path: path, Problem: "this is a directory", Remedy: "name a result file in it"}
	}
	out, err := Read(f)
	var bad *FileError
	if errors.As(err, &bad) {
		bad.Path = path
	}
	return out, err
}

func openError(path string, err error) error {
	e := &FileError{Path: path, Err: err, Remedy: "check the path"}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Problem = "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		e.Problem, e.Remedy = "the file may not be read", "check its permissions"
	default:
		e.Problem = err.Error()
	}
	return e
}
