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
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return nil, false, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			if last {
				return entries, false, nil
			}
			continue
		}
		if last && !json.Valid(line) {
			return entries, true, nil
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, false, fmt.Errorf("%w: %s line %d is no JSON object of a run (%v): remove the line", ErrBadFile, path, n, err)
		}
		if e.Format != Format {
			return nil, false, fmt.Errorf("%w: %s line %d has format %d, and this program reads %d: use a newer version, or remove the line", ErrBadFile, path, n, e.Format, Format)
		}
		entries = append(entries, e)
		if last {
			return entries, false, nil
		}
	}
}

// Append adds e to the file at path in one write, making the file when it is missing. What a torn line left is
// removed; a whole line that lacks its newline gets it. It returns [ErrThere] for a run of the same
// identity that started at the same time with the same commit.
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
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(add(f, line, torn), f.Close())
}

func add(f *os.File, line []byte, torn bool) error {
	data, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if torn {
		data = data[:bytes.LastIndexByte(data, '\n')+1]
		if err := f.Truncate(int64(len(data))); err != nil {
			return err
		}
	}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		line = append([]byte{'\n'}, line...)
	}
	_, err = f.Write(append(line, '\n'))
	return err
}
