package reports_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

// Every report for people says which rounds an outage kept out.
func TestReportsTellOfOutages(t *testing.T) {
	t.Parallel()
	f := recorded(t, "compare")
	c := &f.Cells[1]
	c.Disturbed = []result.Disturbed{{Round: 2, Position: 1, StartedAt: c.Rounds[1].StartedAt, Outage: 4 * time.Second, Reason: "connection"}}
	c.Rounds = slices.Delete(slices.Clone(c.Rounds), 1, 2)
	for _, format := range []string{"table", "markdown", "html"} {
		var out bytes.Buffer
		if err := reports.Render(&out, format, f, reports.Options{}); err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(text, "the server went away (for up to 4s) during 1 round of sp") {
			t.Errorf("%s does not tell of the outage", format)
		}
	}
}
