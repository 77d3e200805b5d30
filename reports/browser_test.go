//go:build browser

// make test-browser shows every page to a real browser. It stands apart from the suite, which needs none.

package reports_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgbench-provider/internal/result/resulttest"
	"pgbench-provider/reports"
)

var (
	shots = flag.String("shots", "", "`folder` for pictures of every page at every width")
	more  = flag.String("pages", "", "`pattern` of files with further pages to look at")
)

// looks are the widths of a telephone, a tablet and a screen, and of what A4 leaves between its margins, in CSS pixels.
var looks = []struct {
	name          string
	width         int
	media, scheme string
}{
	{"390-light", 390, "screen", "light"}, {"390-dark", 390, "screen", "dark"},
	{"768-light", 768, "screen", "light"}, {"768-dark", 768, "screen", "dark"},
	{"1440-light", 1440, "screen", "light"}, {"1440-dark", 1440, "screen", "dark"},
	{"print", 688, "print", "light"},
}

// whatIsWrong looks for what is cut off, what lies over something else and what is too wide. What a table hides can be
// scrolled to, but not on paper.
const whatIsWrong = `(() => {
  const wrong = [], wide = document.documentElement.clientWidth, paper = matchMedia('print').matches;
  if (document.documentElement.scrollWidth > wide) wrong.push('the page is ' + document.documentElement.scrollWidth + ' wide');
  for (const e of document.querySelectorAll('body *')) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > wide + 1 || box.left < -1) && (paper || !e.closest('.scroll')) && !e.closest('svg'))
      wrong.push('beyond the page: ' + e.tagName + ' ' + e.textContent.slice(0, 60));
  }
  for (const svg of document.querySelectorAll('svg')) {
    const all = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll('text')].map(t => [t, t.getBoundingClientRect()]);
    if (!all.width) continue;
    texts.forEach(([t, a], i) => {
      if (a.left < all.left - 1 || a.right > all.right + 1 || a.top < all.top - 1 || a.bottom > all.bottom + 1)
        wrong.push('cut off: ' + t.textContent);
      for (const [u, b] of texts.slice(i + 1)) { // line boxes are higher than letters
        const x = Math.min(a.right, b.right) - Math.max(a.left, b.left), y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (x > 1 && y > a.height / 3) wrong.push('one over the other: ' + t.textContent + ', ' + u.textContent);
      }
    });
  }
  return JSON.stringify(wrong);
})()`

func TestPagesInABrowser(t *testing.T) {
	b := startBrowser(t)
	b.call(t, "Network.enable", nil)
	for name, page := range browserPages(t) {
		path := filepath.Join(t.TempDir(), "page.html")
		if err := os.WriteFile(path, page, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, look := range looks {
			b.show(t, look.width, look.media, look.scheme)
			b.open(t, "file://"+path)
			var wrong []string
			if err := json.Unmarshal([]byte(b.evaluate(t, whatIsWrong)), &wrong); err != nil {
				t.Fatal(err)
			}
			for _, w := range wrong {
				t.Errorf("%s %s: %s", name, look.name, w)
			}
			if *shots != "" {
				b.picture(t, filepath.Join(*shots, name+"-"+look.name+".png"))
			}
		}
		if got := b.requests; len(got) != len(looks) || strings.Count(strings.Join(got, " "), "file://"+path) != len(looks) {
			t.Errorf("%s asks for %q", name, got)
		}
		b.show(t, 390, "screen", "light")
		tabs(t, b, name)
		b.requests = nil
	}
}

// tabs walks through a page with the tabulator key: every link, table and fold must be reached and be seen to be.
func tabs(t *testing.T, b *browser, name string) {
	t.Helper()
	var n int
	fmt.Sscan(b.evaluate(t, `String(document.querySelectorAll('a, summary, details[open] .scroll, .scroll:not(details .scroll)').length)`), &n)
	seen := map[string]bool{}
	for range n {
		for _, kind := range []string{"keyDown", "keyUp"} {
			b.call(t, "Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9})
		}
		at := b.evaluate(t, `(e => [[...document.querySelectorAll('*')].indexOf(e), e.tagName, getComputedStyle(e).outlineStyle].join(' '))(document.activeElement)`)
		if !strings.HasSuffix(at, "solid") {
			t.Errorf("%s: the focus cannot be seen at %s", name, at)
		}
		seen[at] = true
	}
	if len(seen) != n || n == 0 {
		t.Errorf("%s: the tabulator key reaches %d of %d", name, len(seen), n)
	}
}

func browserPages(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"sweep": []byte(render(t, "html", resulttest.Sweep(), reports.Options{}))}
	for _, name := range []string{"compare", "three", "run"} {
		all[name] = []byte(render(t, "html", recorded(t, name), reports.Options{ResultPath: "results/" + name + ".json"}))
	}
	all["before-after"] = []byte(beforeAfter(t, "html"))
	files, err := filepath.Glob(*more)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if all[strings.TrimSuffix(filepath.Base(f), ".html")], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// picture writes the whole page, in pieces that a person can look at.
func (b *browser) picture(t *testing.T, path string) {
	t.Helper()
	var size struct{ Width, Height float64 }
	if err := json.Unmarshal([]byte(b.evaluate(t, `JSON.stringify({Width: innerWidth, Height: document.documentElement.scrollHeight})`)), &size); err != nil {
		t.Fatal(err)
	}
	const piece = 2400.
	for i := 0; float64(i)*piece < size.Height; i++ {
		from := float64(i) * piece
		answer := b.call(t, "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true, "clip": map[string]any{
			"x": 0, "y": from, "width": size.Width, "height": min(piece, size.Height-from), "scale": 1}})
		var shot struct{ Data string }
		if err := json.Unmarshal(answer, &shot); err != nil {
			t.Fatal(err)
		}
		png, err := base64.StdEncoding.DecodeString(shot.Data)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(fmt.Sprintf("%s-%d.png", strings.TrimSuffix(path, ".png"), i+1), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
