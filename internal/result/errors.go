package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrBadFile is what every error of [Read] and [ReadFile] is: the input, and not the run, is at fault.
var ErrBadFile = errors.New("not a usable result file")

// FileError says what is wrong with a result file and what to do about it. errors.Is(err, [ErrBadFile]) holds.
type FileError struct {
	Path    string // "" when read from a stream
	Problem string
	Remedy  string
	Err     error // the cause, or nil
}

// Error gives "path: problem; remedy", without the path when it is not known.
func (e *FileError) Error() string {
	s := e.Problem + "; " + e.Remedy
	if e.Path != "" {
		s = e.Path + ": " + s
	}
	return s
}

// Is reports that every FileError is an [ErrBadFile].
func (e *FileError) Is(target error) bool { return target == ErrBadFile }

// Unwrap gives the cause, so that errors.Is(err, fs.ErrNotExist) works.
func (e *FileError) Unwrap() error { return e.Err }

const (
	remedyAgain = "run the benchmark again"
	remedyName  = "give a file that pgbench-provider wrote with --out"
	remedyEdit  = "give the file as the tool wrote it"
)

// explain turns what the decoder says into what the reader of a terminal can act on. read is the size of the input.
func explain(err error, read int) *FileError {
	e := &FileError{Err: err}
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case read == 0 || errors.Is(err, io.EOF):
		e.Problem, e.Remedy = "the file is empty", "was the run stopped? "+remedyAgain
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Problem = fmt.Sprintf("the file is cut short: it ends inside the result, after %d bytes", read)
		e.Remedy = "copy it again, or " + remedyAgain
	case errors.As(err, &syntax) && syntax.Offset <= 1:
		e.Problem, e.Remedy = "the file is not JSON", remedyName
	case errors.As(err, &syntax):
		e.Problem = fmt.Sprintf("the file is not valid JSON: %v at byte %d", syntax, syntax.Offset)
		e.Remedy = remedyEdit
	case errors.As(err, &typ) && typ.Field == "":
		e.Problem, e.Remedy = "the file is JSON but not an object", remedyName
	case errors.As(err, &typ):
		e.Problem = fmt.Sprintf("%.100q holds a %.60s, which does not belong there", typ.Field, typ.Value)
		e.Remedy = remedyEdit
	default:
		e.Problem, e.Remedy = fmt.Sprintf("the file cannot be read: %v", err), "check the path and its permissions"
	}
	return e
}
