package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrBadBaseline is what every error of [Read] and [ReadFile] is: the input is at fault.
var ErrBadBaseline = errors.New("not a usable baseline")

// BaselineError says what is wrong with a baseline file and what to do. errors.Is(err, [ErrBadBaseline]) holds.
type BaselineError struct {
	Path    string // "" when read from a stream
	Problem string
	Remedy  string
	Err     error // the cause, or nil
}

// Error gives "path: problem; remedy", without the path when it is not known.
func (e *BaselineError) Error() string {
	s := e.Problem + "; " + e.Remedy
	if e.Path != "" {
		s = e.Path + ": " + s
	}
	return s
}

// Is reports that every BaselineError is an [ErrBadBaseline].
func (e *BaselineError) Is(target error) bool { return target == ErrBadBaseline }

// Unwrap gives the cause, so that errors.Is(err, fs.ErrNotExist) works.
func (e *BaselineError) Unwrap() error { return e.Err }

const remedyAgain = "make the baseline again from a good build, or take the file from version control"

func explain(err error, size int) *BaselineError {
	e := &BaselineError{Err: err, Remedy: remedyAgain}
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case size == 0:
		e.Problem = "the baseline is empty"
	case errors.As(err, &syntax) && int(syntax.Offset) >= size:
		e.Problem = fmt.Sprintf("the baseline is cut short: it ends after %d bytes", size)
	case errors.As(err, &syntax):
		e.Problem = fmt.Sprintf("the baseline is not valid JSON: %v at byte %d", syntax, syntax.Offset)
	case errors.As(err, &typ) && typ.Field == "":
		e.Problem = "the baseline is JSON but not an object"
	case errors.As(err, &typ):
		e.Problem = fmt.Sprintf("%.100s holds a %.60s, which does not belong there", typ.Field, typ.Value)
	default:
		e.Problem = strings.TrimPrefix(err.Error(), "json: ") // as in: unknown field "x"
	}
	return e
}

// missing names the first field that is not in data although [Write] would write it: a zero in its place would gate
// something else, or nothing.
func missing(b *Baseline, data []byte) string {
	var want, got any
	canonical, err := json.Marshal(b)
	if err == nil {
		err = errors.Join(json.Unmarshal(canonical, &want), json.Unmarshal(data, &got))
	}
	if err != nil {
		return err.Error()
	}
	if path := lost("", want, got); path != "" {
		return path + " is missing"
	}
	return ""
}

func lost(path string, want, got any) string {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(w)) {
			here := strings.TrimPrefix(path+"."+k, ".")
			if _, ok := g[k]; !ok {
				return here
			}
			if p := lost(here, w[k], g[k]); p != "" {
				return p
			}
		}
	case []any:
		g, _ := got.([]any)
		for i := range min(len(w), len(g)) {
			if p := lost(fmt.Sprintf("%s[%d]", path, i), w[i], g[i]); p != "" {
				return p
			}
		}
	}
	return ""
}
