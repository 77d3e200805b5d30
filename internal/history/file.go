package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrBadFile is what every error about the content of a history is.
var ErrBadFile = errors.New("bad history")

// ErrThere means that a run is in the history already.
var ErrThere = errors.New("the run is there already")

// Read gives the entries of the file at path in its order. A last line that was cut short, as by a crash while it was
// written, is left out, and torn says so. Errors name the file and the line.
func Read(path string) (entries []Entry, torn bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return entries, len(bytes.TrimSpace(line)) > 0, nil // a whole line ends with a newline
		}
		if err != nil {
			return nil, false, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, false, fmt.Errorf("%w: %s line %d is no JSON object of a run (%v): remove the line", ErrBadFile, path, n, err)
		}
		if e.Format != Format {
			return nil, false, fmt.Errorf("%w: %s line %d has format %d, and this program reads %d: use a newer version, or remove the line", ErrBadFile, path, n, e.Format, Format)
		}
		entries = append(entries, e)
	}
}

// Append adds e to the file at path in one write, making the file when it is missing. What a torn line left is ended first.
// It returns [ErrThere] for a run of the same identity that started at the same time with the same commit.
func Append(path string, e Entry) error {
	entries, torn, err := Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, known := range entries {
		if known.StartedAt.Equal(e.StartedAt) && known.Commit == e.Commit && known.Identity == e.Identity {
			return fmt.Errorf("%w: %s, started at %s", ErrThere, path, e.StartedAt.Format("2006-01-02 15:04:05"))
		}
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	if torn {
		if err := f.Truncate(whole(f)); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Close())
}

// whole is where the last whole line ends.
func whole(f *os.File) int64 {
	data, err := io.ReadAll(f)
	if err != nil {
		return 0
	}
	return int64(bytes.LastIndexByte(data, '\n') + 1)
}
