package compare_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

func TestSameInputSameOutput(t *testing.T) {
	t.Parallel()
	f := resulttest.Make(spec(20, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp"), control("inline")))
	if x, y := marshal(t, analyze(t, f, compare.Options{})), marshal(t, analyze(t, f, compare.Options{})); x != y {
		t.Error("two analyses of one file differ")
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestJSONFollowsTheSchemaAndReadsBack(t *testing.T) {
	t.Parallel()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(result.ComparisonSchema)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("c.json", doc); err != nil {
		t.Fatal(err)
	}
	schema := compiler.MustCompile("c.json")
	valid := func(s string) error {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(s))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(doc)
	}
	for _, rounds := range []int{3, 20} {
		f := resulttest.Make(spec(rounds, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp"), control("inline")))
		out := marshal(t, analyze(t, f, compare.Options{}))
		if err := valid(out); err != nil {
			t.Errorf("%d rounds: %v", rounds, err)
		}
		var back compare.Analysis
		if err := json.Unmarshal([]byte(out), &back); err != nil {
			t.Fatal(err)
		}
		if again := marshal(t, &back); again != out {
			t.Errorf("%d rounds: reading and writing again changes it", rounds)
		}
		for _, c := range [][2]string{
			{`"verdict":"fewer"`, `"verdict":"faster"`}, {`"metric":"p50"`, `"metric":"p42"`},
			{`"outcome":"loaded"`, `"outcome":"error"`}, {`"head":"sp"`, `"head":""`}, {`"warnings":[`, `"warned":[`},
		} {
			if bad := strings.Replace(out, c[0], c[1], 1); bad == out || valid(bad) == nil {
				t.Errorf("%d rounds: the schema accepts %s", rounds, c[1])
			}
		}
	}
}
