package gate_test

import (
	"reflect"
	"strings"
	"testing"

	"pgbench-provider/internal/gate"
)

func verdict(rounds int, status ...gate.Status) *gate.Verdict {
	v := &gate.Verdict{}
	for i, s := range status {
		v.Cases = append(v.Cases, gate.Case{Name: string(rune('a' + i)), Tier: gate.Ratios, Status: s, Rounds: rounds, Change: 1.2, Note: "n"})
	}
	return v
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	for again, want := range map[gate.Status]gate.Status{
		gate.Suspected: gate.Fail, gate.Fail: gate.Fail, gate.Pass: gate.Pass, gate.Better: gate.Better, gate.Inconclusive: gate.Inconclusive,
	} {
		first, second := verdict(10, gate.Pass, gate.Suspected, gate.Inconclusive), verdict(20, gate.Suspected, again, gate.Suspected)
		second.Cases[1].Change = 1.3
		v, err := gate.Confirm(first, second)
		if err != nil {
			t.Fatal(err)
		}
		x := v.Cases[1]
		if x.Status != want || x.Rounds != 20 || x.Change != 1.3 || !strings.Contains(x.Note, "confirmed: the first run showed a change of 1.2; n") {
			t.Errorf("%s: %+v", again, x)
		}
		if v.Cases[0].Status != gate.Pass || v.Cases[2].Status != gate.Inconclusive {
			t.Errorf("what was not suspected changed: %+v", v.Cases)
		}
		if v.Counts.Suspected != 0 || v.Counts.Fail > 0 != (want == gate.Fail) || len(v.Notes) != 1 {
			t.Errorf("%s: %+v %q", again, v.Counts, v.Notes)
		}
		if !reflect.DeepEqual(first, verdict(10, gate.Pass, gate.Suspected, gate.Inconclusive)) {
			t.Error("the first verdict was changed")
		}
	}
	for name, second := range map[string]*gate.Verdict{
		"too few rounds": verdict(19, gate.Pass, gate.Pass), "not measured": verdict(20, gate.Pass), "not gated": verdict(20, gate.Pass, gate.NotGated),
	} {
		if _, err := gate.Confirm(verdict(10, gate.Pass, gate.Suspected), second); err == nil || !strings.Contains(err.Error(), "confirm b: the re-run") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if v, err := gate.Confirm(verdict(10, gate.Pass), &gate.Verdict{}); err != nil || v.Counts.Pass != 1 || len(v.Notes) != 0 {
		t.Errorf("nothing suspected: %+v %v", v, err)
	}
}

// TestConfirmWholeWay: noise goes, a regression stays.
func TestConfirmWholeWay(t *testing.T) {
	t.Parallel()
	b := baseline(t, nil, interleaved(1, 12, 0))
	first := check(t, b, nil, interleaved(2, 12, 90*us), gate.Options{})
	for slow, want := range map[bool]gate.Status{true: gate.Fail, false: gate.Pass} {
		f := interleaved(3, 24, 0)
		if slow {
			f = interleaved(3, 24, 90*us)
		}
		v, err := gate.Confirm(first, check(t, b, nil, f, gate.Options{Partial: true}))
		if err != nil {
			t.Fatal(err)
		}
		if x := find(t, v, ackRatio); x.Status != want {
			t.Errorf("slow %v: %+v", slow, x)
		}
	}
}
