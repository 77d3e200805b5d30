package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError says what is wrong with what was typed, in the words of this tool.
func flagError(c *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &value):
		err = fmt.Errorf("--%s %s", value.GetFlag().Name, wrongValue(value.GetFlag(), value.GetValue()))
	case errors.As(err, &unknown):
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		err = fmt.Errorf("%w%s", err, didYouMean(unknown.GetSpecifiedName(), names))
	}
	return usage{fmt.Errorf("%w: see %s --help", err, c.CommandPath())}
}

// wrongValue names the value and what the flag takes.
func wrongValue(f *pflag.Flag, value string) string {
	takes := map[string]string{
		"int": "a whole number", "int64": "a whole number", "float64": "a number", "bool": "true or false",
		"duration": "a time, such as 250ms or 10s", "durationSlice": "times, such as 1ms,25ms", "intSlice": "whole numbers, such as 10,1000",
	}[f.Value.Type()]
	if takes == "" {
		takes = "another value, see --help"
	}
	if f.Name == "dsn" {
		return "is no DSN" // which may hold a password
	}
	return fmt.Sprintf("%.40q: give %s", value, takes)
}

// didYouMean suggests the names that are nearest to what was typed; empty when none is near.
func didYouMean(typed string, names []string) string {
	best, near := 3, []string(nil)
	for _, name := range names {
		d := distance(typed, name)
		if len(typed) > 2 && strings.HasPrefix(name, typed) {
			d = min(d, 1)
		}
		if d < best {
			best, near = d, nil
		}
		if d == best && d < 3 {
			near = append(near, name)
		}
	}
	if len(near) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(near, " or ") + "?)"
}

// distance is Levenshtein's: letters to insert, delete or exchange.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := last
			if a[i] != b[j] {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
