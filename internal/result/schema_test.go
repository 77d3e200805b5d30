package result_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"pgbench-provider/internal/result"
)

func schema(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestSchemaAcceptsWhatIsWritten(t *testing.T) {
	t.Parallel()
	s := schema(t, result.Schema)
	if err := validate(t, s, string(written(t, small()))); err != nil {
		t.Error(err)
	}
	least := &result.File{Kind: result.KindRun, Cells: []result.Cell{{Strategy: "sp", Workload: "w", Rounds: []result.Round{{Round: 1}}}}}
	if err := validate(t, s, string(written(t, least))); err != nil {
		t.Error(err)
	}
}

func TestSchemaRejectsWhatTheFormatForbids(t *testing.T) {
	t.Parallel()
	s := schema(t, result.Schema)
	good := string(written(t, small()))
	for _, c := range [][2]string{
		{`"format": 1`, `"format": 2`},
		{`"format": 1,`, ``},
		{`"kind": "compare"`, `"kind": "soak"`},
		{`"outcome": "loaded"`, `"outcome": "found"`},
		{`"strategy": "inline"`, `"strategy": ""`},
		{`"added_rtt_ns": 0`, `"added_rtt_ns": 0.5`},
		{`"round": 1`, `"round": 0`},
		{`"round_trips_per_op": 7`, `"round_trips_per_op": "7"`},
		{`"failed": 0`, `"failed": -1`},
		{`"histogram": "HISTFAAA`, `"histogram": "x`},
	} {
		bad := strings.Replace(good, c[0], c[1], 1)
		if bad == good {
			t.Fatalf("no %s in the file", c[0])
		}
		if validate(t, s, bad) == nil {
			t.Errorf("the schema accepts %s", c[1])
		}
	}
	if grown := strings.Replace(good, `"kind"`, `"later": 1, "kind"`, 1); validate(t, s, grown) != nil {
		t.Error("the schema rejects a new key, so the format could not grow")
	}
}
