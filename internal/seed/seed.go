// Package seed holds the figures that the project's seed published about statements against procedures, as data. They
// are the seed's and were not measured here: figures/ names file and commit of each. What the figures leave open is in
// testdata/seed/README.md.
package seed

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

//go:embed figures/*.json
var embedded embed.FS

// Published is all of it.
type Published struct {
	Comparison Comparison
	Breakdowns []Breakdown
	Statements Statements
	RoundTrips RoundTrips
}

// Source is a file of the seed's repository, by path and commit.
type Source struct {
	File   string `json:"file"`
	Commit string `json:"commit"`
}

// Load gives the figures. The error is that of [Decode]; the files are part of the program, so a test has ruled it out.
func Load() (*Published, error) {
	figures, err := fs.Sub(embedded, "figures")
	if err != nil {
		return nil, err
	}
	return Decode(figures)
}

// Decode reads comparison.json, breakdowns.json, statements.json and round_trips.json. Its errors name the file: it is
// missing, holds a field that no type here has, or something follows its value.
func Decode(figures fs.FS) (*Published, error) {
	p := new(Published)
	for _, file := range []struct {
		name string
		into any
	}{
		{"comparison.json", &p.Comparison},
		{"breakdowns.json", &p.Breakdowns},
		{"statements.json", &p.Statements},
		{"round_trips.json", &p.RoundTrips},
	} {
		if err := decode(figures, file.name, file.into); err != nil {
			return nil, fmt.Errorf("published figures: %s: %w", file.name, err)
		}
	}
	return p, nil
}

func decode(figures fs.FS, name string, into any) error {
	f, err := figures.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the figures")
	}
	return nil
}
