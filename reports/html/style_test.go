package html_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Text keeps the contrast of WCAG 2.2, 1.4.3, and lines and bars that of 1.4.11, in light, in dark and on paper.
func TestColoursCanBeTold(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllSubmatch(css, -1)
	if len(blocks) != 3 {
		t.Fatalf("%d palettes, want light, dark and paper", len(blocks))
	}
	for i, b := range blocks {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+): (#\w+);`).FindAllStringSubmatch(string(b[1]), -1) {
			colours[m[1]] = m[2]
		}
		need := map[string]float64{"ink": 7, "soft": 4.5, "link": 4.5, "good": 4.5, "bad": 4.5, "doubt": 4.5, "p0": 3, "p1": 3, "p2": 3}
		for s := range 6 {
			need[fmt.Sprintf("s%d", s)] = 4.5
		}
		for name, want := range need {
			if got := contrast(t, colours[name], colours["paper"]); got < want {
				t.Errorf("palette %d: %s %s has contrast %.2f, want %.1f", i, name, colours[name], got, want)
			}
		}
	}
}

// contrast is that of WCAG 2.2, "contrast ratio".
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) == 4 {
		c := colour[1:]
		colour = "#" + strings.Repeat(c[:1], 2) + strings.Repeat(c[1:2], 2) + strings.Repeat(c[2:], 2)
	}
	var rgb [3]int
	if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
		t.Fatalf("%q: %v", colour, err)
	}
	sum := 0.
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(rgb[i]) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
