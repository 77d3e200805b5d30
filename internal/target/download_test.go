package target

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

// jar is an artefact with the given files.
func jar(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b, x bytes.Buffer
	w, err := xz.NewWriter(&x)
	if err != nil {
		t.Fatal(err)
	}
	a := tar.NewWriter(w)
	for name, text := range files {
		h := &tar.Header{Name: name, Mode: 0o755, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			h.Typeflag, h.Size, h.Linkname, text = tar.TypeSymlink, 0, target, ""
		}
		if err := errors.Join(a.WriteHeader(h), second(a.Write([]byte(text)))); err != nil {
			t.Fatal(err)
		}
	}
	z := zip.NewWriter(&b)
	f, err := z.Create("postgres-x.txz")
	if err := errors.Join(err, a.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(second(f.Write(x.Bytes())), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func second(_ int, err error) error { return err }

func TestDownload(t *testing.T) {
	t.Parallel()
	good := jar(t, map[string]string{"bin/postgres": "program", "bin/initdb": "program", "lib/a.so": "-> b.so", "lib/b.so": "library"})
	evil := jar(t, map[string]string{"../evil": "program"})
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch {
		case strings.HasSuffix(r.URL.Path, "/io/zonky/test/postgres/embedded-postgres-binaries-good/1/embedded-postgres-binaries-good-1.jar"):
			_, _ = w.Write(good)
		case strings.Contains(r.URL.Path, "evil"):
			_, _ = w.Write(evil)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	cache := t.TempDir()
	var said []string
	s := Spec{Progress: func(line string) { said = append(said, line) }, Getenv: func(name string) string {
		return map[string]string{"PGBENCH_PROVIDER_MAVEN_URL": server.URL + "/mirror/"}[name]
	}}
	sum := func(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }

	dir := filepath.Join(cache, "good")
	if err := (artefact{"good", "1", sum(good)}).fetch(t.Context(), s, cache, dir); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"bin/initdb": "program", "lib/a.so": "library"} {
		if b, err := os.ReadFile(filepath.Join(dir, file)); string(b) != want {
			t.Errorf("%s holds %q: %v", file, b, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "bin/postgres")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("postgres cannot be run: %v", err)
	}
	if len(said) != 1 || !strings.Contains(said[0], "downloading PostgreSQL 1, once, from "+server.URL+"/mirror/io/") {
		t.Errorf("said %q", said)
	}

	for name, c := range map[string]struct {
		artefact
		want string
	}{
		"another sum":  {artefact{"good", "1", sum(evil)}, "should have " + sum(evil)},
		"not there":    {artefact{"none", "1", sum(good)}, "404"},
		"out of place": {artefact{"evil", "1", sum(evil)}, "escapes"},
	} {
		dir := filepath.Join(cache, strings.ReplaceAll(name, " ", ""))
		if err := c.fetch(t.Context(), s, cache, dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: something was left", name)
		}
	}
	if left, _ := os.ReadDir(cache); len(left) != 1 {
		t.Errorf("the cache holds %v", left)
	}

	before := asked
	s.NoDownload = true
	if _, err := downloaded(t.Context(), s); !errors.Is(err, errNoDownload) || asked != before {
		t.Errorf("--no-download: %v, %d requests", err, asked-before)
	}
}
