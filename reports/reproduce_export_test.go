package reports

import (
	"bytes"

	"pgbench-provider/internal/result"
)

// Reproduction renders what a file says of the published experiment and nothing else: "" if it repeats none.
func Reproduction(format string, f *result.File, o Options) (string, error) {
	r, err := reproduce(f)
	if r == nil || err != nil {
		return "", err
	}
	var b bytes.Buffer
	d := &document{}
	addReproduction(d, f)
	switch format {
	case "table":
		err = terminal(&b, d, o)
	case "markdown":
		err = markdown(&b, d)
	default:
		err = writeJSON(&b, r)
	}
	return b.String(), err
}
