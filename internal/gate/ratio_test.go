package gate_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/gate"
	"pgbench-provider/internal/result"
)

const ackRatio = "ratio/hello-world/sp to inline/" + ack + "/ok/p50_ratio"

func TestSlowerIsSuspected(t *testing.T) {
	t.Parallel()
	b := baseline(t, nil, interleaved(1, 12, 0))
	v := check(t, b, nil, interleaved(2, 12, 90*us), gate.Options{}) // of 366 us
	x := find(t, v, ackRatio)
	if x.Status != gate.Suspected || v.Counts.Suspected != 1 || v.Counts.Fail != 0 || math.Abs(float64(x.Change)-456./366) > 0.05 {
		t.Errorf("%+v %+v", x, v.Counts)
	}
	if x.Low >= x.Change || x.High <= x.Change || x.Rounds != 12 || x.Base != "inline" || x.Strategy != "sp" {
		t.Errorf("%+v", x)
	}
	back := check(t, baseline(t, nil, interleaved(2, 12, 90*us)), nil, interleaved(1, 12, 0), gate.Options{})
	if x := find(t, back, ackRatio); x.Status != gate.Better {
		t.Errorf("%+v", x)
	}
}

func TestOtherDistanceIsInconclusive(t *testing.T) {
	t.Parallel()
	away := func(rtt time.Duration) *result.File {
		f := interleaved(1, 12, 0)
		for i := range f.Cells {
			f.Cells[i].MeasuredRTT = rtt
		}
		return f
	}
	for _, c := range []struct {
		then, now time.Duration
		want      gate.Status
	}{
		{1000 * us, 1150 * us, gate.Pass},
		{1000 * us, 1300 * us, gate.Inconclusive},
		{1000 * us, 700 * us, gate.Inconclusive},
		{1000 * us, 0, gate.Inconclusive},
		{30 * us, 90 * us, gate.Pass}, // loopback is no distance
		{30 * us, 250 * us, gate.Inconclusive},
	} {
		x := find(t, check(t, baseline(t, nil, away(c.then)), nil, away(c.now), gate.Options{}), ackRatio)
		if x.Status != c.want {
			t.Errorf("%v, then %v: %+v, want %s", c.then, c.now, x, c.want)
		}
	}
}

func TestUnmeasuredDistanceIsInconclusive(t *testing.T) {
	t.Parallel()
	f := interleaved(1, 12, 0)
	for i := range f.Cells {
		f.Cells[i].MeasuredRTT = 0
	}
	if x := find(t, check(t, baseline(t, nil, f), nil, f, gate.Options{}), ackRatio); x.Status != gate.Inconclusive || !strings.Contains(x.Note, "was not measured") {
		t.Errorf("%+v", x)
	}
}

func TestLinesTellTheRatioAtAnotherDistance(t *testing.T) {
	t.Parallel()
	b := baseline(t, nil, swept(1, 12, 100*us, 0))
	v := check(t, b, nil, swept(2, 12, 200*us, 0), gate.Options{}) // a slower network, the same build
	const at = "ratio/hello-world/sp to inline/at 1ms/" + ack + "/ok/p50_ratio"
	if x := find(t, v, at); x.Status != gate.Pass || x.RTT != ms {
		t.Errorf("%+v", x)
	}
	if v.Counts.Suspected+v.Counts.Fail > 0 || v.Find(ackRatio) != nil {
		t.Errorf("%+v", v.Counts)
	}
	near := 0
	for _, c := range v.Cases {
		if c.Tier == gate.Ratios && c.RTT < 150*us && c.Note == "outside of what was measured" {
			near++
		}
	}
	if near != 6 {
		t.Errorf("%d cases at the least round trip of the baseline, which the build did not measure", near)
	}
	v = check(t, b, nil, swept(2, 12, 200*us, 1), gate.Options{})
	if x := find(t, v, at); x.Status != gate.Suspected {
		t.Errorf("a round trip more: %+v", x)
	}
	// Without lines now, the distances that were measured are compared.
	v = check(t, b, nil, onlyNear(swept(2, 12, 100*us, 0)), gate.Options{Partial: true})
	if x := find(t, v, ackRatio); x.Status != gate.Pass {
		t.Errorf("%+v", x)
	}
}

func onlyNear(f *result.File) *result.File {
	var cells []result.Cell
	for _, c := range f.Cells {
		if c.AddedRTT == 0 {
			cells = append(cells, c)
		}
	}
	f.Cells = cells
	return f
}

func TestSlopes(t *testing.T) {
	t.Parallel()
	const name = "slope/hello-world/sp/" + ack + "/ok/slope"
	b := baseline(t, nil, swept(1, 12, 100*us, 0))
	for trips, want := range map[float64]gate.Status{0: gate.Pass, 1: gate.Suspected, -1: gate.Suspected} {
		v := check(t, b, nil, swept(2, 12, 100*us, trips), gate.Options{})
		x := find(t, v, name)
		if x.Status != want || math.Abs(float64(x.Change)-trips) > 0.1 || x.Tolerance != 0.25 || x.Rounds != 60 {
			t.Errorf("%v: %+v, want %s", trips, x, want)
		}
	}
	one := swept(2, 12, 100*us, 0)
	for i := range one.Cells {
		one.Cells[i].Summary.Operations = drop(one.Cells[i].Summary.Operations, ack)
		for j := range one.Cells[i].Rounds {
			one.Cells[i].Rounds[j].Operations = drop(one.Cells[i].Rounds[j].Operations, ack)
		}
	}
	v := check(t, b, nil, one, gate.Options{})
	if x := find(t, v, name); x.Status != gate.Fail || !strings.Contains(x.Note, "missing operation") {
		t.Errorf("%+v", x)
	}
	if x := find(t, v, ackRatio); x.Status != gate.Fail || !strings.Contains(x.Note, "missing operation") {
		t.Errorf("%+v", x)
	}
	v = check(t, b, nil, onlyNear(swept(2, 12, 100*us, 0)), gate.Options{Partial: true})
	if v.Find(name) != nil || !strings.Contains(strings.Join(v.Notes, " "), "slopes are not gated") {
		t.Errorf("%q", v.Notes)
	}
	if x := find(t, check(t, b, nil, swept(2, 3, 100*us, 1), gate.Options{}), name); x.Status != gate.Inconclusive {
		t.Errorf("three rounds: %+v", x)
	}
}

// TestControlIsNoOperation: what only the control arm did is missing.
func TestControlIsNoOperation(t *testing.T) {
	t.Parallel()
	b := baseline(t, nil, interleaved(1, 12, 0))
	f := interleaved(1, 12, 0)
	for i := range f.Cells[0].Summary.Operations {
		f.Cells[0].Summary.Operations[i].Count = 0
	}
	if x := find(t, check(t, b, nil, f, gate.Options{}), ackRatio); x.Status != gate.Fail || !strings.Contains(x.Note, "missing operation") {
		t.Errorf("%+v", x)
	}
}

func drop(ops []result.Operation, name string) (out []result.Operation) {
	for _, o := range ops {
		if o.Name != name {
			out = append(out, o)
		}
	}
	return out
}

func TestTooFewRoundsAreInconclusive(t *testing.T) {
	t.Parallel()
	b := baseline(t, nil, interleaved(1, 12, 0))
	if x := find(t, check(t, b, nil, interleaved(2, 3, 90*us), gate.Options{}), ackRatio); x.Status != gate.Inconclusive || x.Note == "" {
		t.Errorf("%+v", x)
	}
	b = baseline(t, nil, interleaved(1, 3, 0))
	if x := find(t, check(t, b, nil, interleaved(2, 12, 90*us), gate.Options{}), ackRatio); x.Status != gate.NotGated || x.Note == "" {
		t.Errorf("%+v", x)
	}
}

func TestAbsoluteFiguresNeverFail(t *testing.T) {
	t.Parallel()
	b := baseline(t, nil, interleaved(1, 12, 0))
	f := interleaved(1, 12, 0)
	for i := range f.Cells {
		for j := range f.Cells[i].Summary.Operations {
			f.Cells[i].Summary.Operations[j].P50 *= 10
		}
	}
	v := check(t, b, nil, f, gate.Options{Strict: true})
	if x := find(t, v, "absolute/hello-world/sp/"+ack+"/ok/p50"); x.Status != gate.NotGated || x.Change != 10 || v.Counts.Fail > 0 {
		t.Errorf("%+v %+v", x, v.Counts)
	}
	if x := find(t, v, "absolute/hello-world/sp/orchestration/throughput"); !x.Now.Valid() || x.Operation != compare.Orchestration {
		t.Errorf("%+v", x)
	}
}
