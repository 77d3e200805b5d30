package cli

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildWith builds the program with what a page adds to the tree, and gives its folder: go blocks that name a file are that
// file, diff blocks change the file that they name. A page that adds nothing uses the test itself: "".
func buildWith(t *testing.T, blocks []block) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	overlay := map[string]string{}
	for _, b := range blocks {
		text := b.text
		switch {
		case b.kind == "go" && b.file != "":
		case b.kind == "diff":
			text = patched(t, b, cmp.Or(overlay[filepath.Join(root, b.file)], filepath.Join(root, b.file)))
		case b.kind == "go":
			t.Errorf("%s: Go without the name of its file, as in ```go workloads/relay.go: nobody compiles it", b)
			continue
		default:
			continue
		}
		path := filepath.Join(folder, strings.ReplaceAll(b.file, "/", "_"))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		overlay[filepath.Join(root, b.file)] = path
	}
	if len(overlay) == 0 {
		return ""
	}
	list, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "overlay.json"), list, 0o644); err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(folder, "bin")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-overlay", filepath.Join(folder, "overlay.json"), "-o", filepath.Join(tool, "pgbench-provider"), "./cmd/pgbench-provider")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", blocks[0].page, err, out)
	}
	return tool
}

// patched is the text at path after b's change: it applies a diff without line numbers: the lines that stay or go must stand in the file, once and together.
func patched(t *testing.T, b block, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	var before, after strings.Builder
	for line := range strings.Lines(b.text) {
		if line[0] != '+' {
			before.WriteString(line[1:])
		}
		if line[0] != '-' {
			after.WriteString(line[1:])
		}
	}
	if n := strings.Count(string(text), before.String()); n != 1 {
		t.Fatalf("%s: the lines before the change stand in %s %d times, and must once:\n%s", b, b.file, n, before.String())
	}
	return strings.Replace(string(text), before.String(), after.String(), 1)
}
