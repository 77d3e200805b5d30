package gate_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pgbench-provider/internal/gate"
	"pgbench-provider/internal/result"
)

const ackCase = "exact/hello-world/sp/" + ack + "/ok/"

// gauges scale one figure of an operation by a share.
var gauges = map[gate.Metric]func(o *result.Operation, share float64){
	gate.RoundTrips: func(o *result.Operation, x float64) { o.RoundTripsPerOp *= x },
	gate.BytesOut:   func(o *result.Operation, x float64) { o.BytesOutPerOp *= x },
	gate.BytesIn:    func(o *result.Operation, x float64) { o.BytesInPerOp *= x },
	gate.Statements: func(o *result.Operation, x float64) { scale(&o.Server.Calls, x) },
	gate.Rows:       func(o *result.Operation, x float64) { scale(&o.Server.Rows, x) },
	gate.Buffers:    func(o *result.Operation, x float64) { scale(&o.Server.SharedHit, x); scale(&o.Server.SharedRead, x) },
	gate.WALRecords: func(o *result.Operation, x float64) { scale(&o.Server.WALRecords, x) },
	gate.WALBytes:   func(o *result.Operation, x float64) { scale(&o.Server.WALBytes, x) },
}

func scale(n *int64, x float64) { *n = int64(math.Round(float64(*n) * x)) }

// TestTolerances: the limit itself passes, what is beyond it does not, whatever the metric and the direction.
func TestTolerances(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	for m, gauge := range gauges {
		tolerance := map[gate.Metric]float64{
			gate.BytesOut: 0.01, gate.BytesIn: 0.01, gate.Buffers: 0.02, gate.WALRecords: 0.01, gate.WALBytes: 0.02,
		}[m]
		for _, c := range []struct {
			share float64
			want  gate.Status
		}{
			{1, gate.Pass}, {1 + tolerance, gate.Pass}, {1 + tolerance + 0.002, gate.Fail}, {2, gate.Fail},
			{1 - tolerance, gate.Pass}, {1 - tolerance - 0.002, gate.Better}, {0.5, gate.Better},
		} {
			f := counted()
			gauge(operation(f, ack), c.share)
			v := check(t, b, f, nil, gate.Options{})
			x := find(t, v, ackCase+string(m))
			if x.Status != c.want || float64(x.Tolerance) != tolerance || math.Abs(float64(x.Change)-c.share) > 1e-9 {
				t.Errorf("%s times %v: %+v, want %s", m, c.share, x, c.want)
			}
			if n := v.Counts; n.Pass != 35 && c.want != gate.Pass || n.Fail > 0 != (c.want == gate.Fail) {
				t.Errorf("%s times %v: %+v", m, c.share, n)
			}
			if said := strings.Contains(strings.Join(v.Notes, " "), "better than the baseline"); said != (c.want == gate.Better) {
				t.Errorf("%s times %v: notes %q", m, c.share, v.Notes)
			}
		}
	}
}

func TestToleranceIsSettable(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	f := counted()
	operation(f, ack).BytesOutPerOp *= 1.04
	for tolerance, want := range map[float64]gate.Status{0.05: gate.Pass, 0.03: gate.Fail, 0: gate.Fail} {
		v := check(t, b, f, nil, gate.Options{Tolerances: map[gate.Metric]float64{gate.BytesOut: tolerance}})
		if x := find(t, v, ackCase+"bytes_out"); x.Status != want || float64(x.Tolerance) != tolerance {
			t.Errorf("%v: %+v", tolerance, x)
		}
	}
	for _, bad := range []map[gate.Metric]float64{{"speed": 1}, {gate.Rows: -1}, {gate.Rows: math.NaN()}, {gate.Rows: math.Inf(1)}} {
		if _, err := gate.Check(b, f, nil, gate.Options{Tolerances: bad}); err == nil || !strings.Contains(err.Error(), "tolerance of") {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// TestRounding: means are sums that were divided; their last digits are not a change, but one call in a million is.
func TestRounding(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	for share, want := range map[float64]gate.Status{1 + 1e-12: gate.Pass, 1 - 1e-12: gate.Pass, 1 + 1e-6: gate.Fail, 1 - 1e-6: gate.Better} {
		f := counted()
		operation(f, ack).RoundTripsPerOp *= share
		if x := find(t, check(t, b, f, nil, gate.Options{}), ackCase+"round_trips"); x.Status != want {
			t.Errorf("%v: %+v", share, x)
		}
	}
}

func TestBuffersAreHitsAndReads(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	f := counted()
	operation(f, ack).Server.SharedHit, operation(f, ack).Server.SharedRead = 1000, 9000
	if x := find(t, check(t, b, f, nil, gate.Options{}), ackCase+"buffers"); x.Status != gate.Pass || x.Now != 10 {
		t.Errorf("a cold cache is no change: %+v", x)
	}
	operation(f, ack).Server.SharedRead += 300
	if x := find(t, check(t, b, f, nil, gate.Options{}), ackCase+"buffers"); x.Status != gate.Fail {
		t.Errorf("%+v", x)
	}
}

func TestErrorsAreGated(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	f := counted()
	operation(f, ack).Errors = 1
	if x := find(t, check(t, b, f, nil, gate.Options{}), ackCase+"errors"); x.Status != gate.Fail || x.Now != 0.001 || x.Change.Valid() {
		t.Errorf("%+v", x)
	}
}

func TestMissingOperationFails(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	for name, spoil := range map[string]func(f *result.File, o *result.Operation){
		"gone": func(f *result.File, _ *result.Operation) {
			f.Cells[1].Summary.Operations = f.Cells[1].Summary.Operations[:1]
		},
		"no calls":   func(_ *result.File, o *result.Operation) { o.Count = 0 },
		"all failed": func(_ *result.File, o *result.Operation) { o.Outcome = result.Failed },
		"zero":       func(_ *result.File, o *result.Operation) { o.RoundTripsPerOp = 0 },
		"NaN":        func(_ *result.File, o *result.Operation) { o.RoundTripsPerOp = math.NaN() },
		"infinite":   func(_ *result.File, o *result.Operation) { o.RoundTripsPerOp = math.Inf(1) },
		"negative":   func(_ *result.File, o *result.Operation) { o.RoundTripsPerOp = -1 },
	} {
		f := counted()
		spoil(f, operation(f, ack))
		x := find(t, check(t, b, f, nil, gate.Options{}), ackCase+"round_trips")
		if x.Status != gate.Fail || !strings.Contains(x.Note, "missing operation") {
			t.Errorf("%s: %+v", name, x)
		}
	}
	for _, spoil := range []func(o *result.Operation){
		func(o *result.Operation) { o.BytesOutPerOp = 0 }, func(o *result.Operation) { o.RoundTripsPerOp = math.NaN() },
		func(o *result.Operation) { o.BytesInPerOp = math.Inf(1) },
	} {
		f := counted()
		spoil(operation(f, ack))
		if _, err := gate.FromResult(f, nil); err == nil {
			t.Error("a baseline of what was not counted")
		}
	}
}

func TestServerThatTellsNothingIsInconclusive(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	f := counted()
	operation(f, ack).Server = nil
	v := check(t, b, f, nil, gate.Options{})
	if x := find(t, v, ackCase+"rows"); x.Status != gate.Inconclusive || x.Now.Valid() || v.Counts.Inconclusive != 5 || v.Counts.Fail != 0 {
		t.Errorf("%+v %+v", x, v.Counts)
	}
}

func TestNewOperationAsksForABaseline(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	f := counted()
	ops := &f.Cells[1].Summary.Operations
	*ops = append(*ops, result.Operation{Name: "ack_work_item", Outcome: result.OK, Latency: result.Latency{Count: 1}, RoundTripsPerOp: 9})
	if x := find(t, check(t, b, f, nil, gate.Options{}), "exact/hello-world/sp/ack_work_item/ok/round_trips"); x.Status != gate.NotGated || x.Now != 9 || x.Note == "" {
		t.Errorf("%+v", x)
	}
}

// TestPageImages: a checkpoint puts pages into the WAL that no build asked for.
func TestPageImages(t *testing.T) {
	t.Parallel()
	wal := func(bytes, records, images int64) *result.File {
		f := counted()
		w := operation(f, ack).Server
		w.WALBytes, w.WALRecords, w.WALPageImages = bytes, records, images
		return f
	}
	for _, c := range []struct {
		name           string
		was, is        *result.File
		bytes, records gate.Status
	}{
		{"the same images", wal(480_000, 6010, 10), wal(480_000, 6010, 10), gate.Pass, gate.Pass},
		{"the same images, a change", wal(480_000, 6010, 10), wal(500_000, 6100, 10), gate.Fail, gate.Fail},
		{"a few images now, explain the growth", wal(400_000, 6000, 0), wal(480_000, 6010, 10), gate.Inconclusive, gate.Pass},
		{"images now do not explain the growth", wal(400_000, 6000, 0), wal(600_000, 6500, 10), gate.Fail, gate.Fail},
		{"images now, and not more in all", wal(400_000, 6000, 0), wal(400_000, 6000, 10), gate.Pass, gate.Pass},
		{"images then may hide growth", wal(480_000, 6080, 80), wal(480_000, 6080, 0), gate.Inconclusive, gate.Inconclusive},
		{"images then, clear growth", wal(480_000, 6080, 10), wal(500_000, 6200, 0), gate.Fail, gate.Fail},
		{"images then, clearly less now", wal(480_000, 6080, 1), wal(400_000, 5000, 0), gate.Better, gate.Better},
	} {
		v := check(t, baseline(t, c.was, nil), c.is, nil, gate.Options{})
		if x := find(t, v, ackCase+"wal_bytes"); x.Status != c.bytes {
			t.Errorf("%s: %+v, want %s", c.name, x, c.bytes)
		}
		if x := find(t, v, ackCase+"wal_records"); x.Status != c.records {
			t.Errorf("%s: %+v, want %s", c.name, x, c.records)
		}
		if x := find(t, v, ackCase+"buffers"); x.Status != gate.Pass {
			t.Errorf("%s: images are no buffers: %+v", c.name, x)
		}
	}
}

// TestEmptyFetches: the server counts them with those that found work.
func TestEmptyFetches(t *testing.T) {
	t.Parallel()
	const name = "exact/hello-world/sp/" + fetch + "/loaded/"
	with := func(empty, rows int64) *result.File {
		f := counted()
		operation(f, fetch).Server.Rows = rows
		if empty > 0 {
			f.Cells[1].Summary.Operations = append(f.Cells[1].Summary.Operations, result.Operation{
				Name: fetch, Outcome: result.Empty, Latency: result.Latency{Count: empty}, RoundTripsPerOp: 1, BytesOutPerOp: 9, BytesInPerOp: 9,
			})
		}
		return f
	}
	for _, c := range []struct {
		name    string
		was, is *result.File
		want    gate.Status
	}{
		{"the same share", with(250, 3200), with(250, 3200), gate.Pass},
		{"the same share, a change", with(250, 3200), with(250, 3201), gate.Fail},
		{"more of them water the mean down", with(0, 4000), with(250, 3300), gate.Inconclusive},
		{"a share that was rounded", with(0, 4000), with(1000, 4003), gate.Inconclusive},
		{"fewer of them", with(250, 3200), with(0, 4000), gate.Inconclusive},
		{"clear growth", with(250, 3200), with(0, 4030), gate.Fail},
		{"one more of them", with(250, 3200), with(251, 3200), gate.Inconclusive},
		{"one more of them does not hide growth", with(250, 3200), with(251, 3250), gate.Fail},
		{"clearly less", with(0, 4000), with(250, 3000), gate.Better},
	} {
		v := check(t, baseline(t, c.was, nil), c.is, nil, gate.Options{})
		if x := find(t, v, name+"rows"); x.Status != c.want {
			t.Errorf("%s: %+v, want %s", c.name, x, c.want)
		}
		if x := find(t, v, name+"wal_records"); x.Status != gate.Inconclusive && strings.HasPrefix(c.name, "more of them") {
			t.Errorf("%s: the WAL is of all fetches as well: %+v", c.name, x)
		}
		if x := find(t, v, name+"statements"); x.Status != gate.Pass {
			t.Errorf("%s: statements are counted by call: %+v", c.name, x)
		}
	}
	v := check(t, baseline(t, with(250, 3200), nil), with(0, 3200), nil, gate.Options{})
	if x := find(t, v, "exact/hello-world/sp/"+fetch+"/empty/round_trips"); x.Status != gate.Inconclusive || v.Counts.Fail > 0 {
		t.Errorf("no empty fetch: %+v", x)
	}
}

func TestNearestDistanceAndNoControl(t *testing.T) {
	t.Parallel()
	f := counted()
	far, twin := f.Cells[1], f.Cells[0]
	far.AddedRTT, far.Summary = ms, result.Summary{}
	twin.Control, twin.Summary = true, result.Summary{}
	f.Cells = []result.Cell{far, twin, f.Cells[0], f.Cells[1]}
	if b := baseline(t, f, nil); len(b.Counters) != 4 || len(b.Identity.Counters.Cells) != 3 {
		t.Errorf("%+v", b)
	}
}

// TestWorseIsNeverBetter: once a figure fails, more of it fails too; and no figure gets better by growing.
func TestWorseIsNeverBetter(t *testing.T) {
	t.Parallel()
	order := map[gate.Status]int{gate.Better: 0, gate.Pass: 1, gate.Inconclusive: 2, gate.Fail: 3}
	metrics := []gate.Metric{gate.RoundTrips, gate.Statements, gate.Rows, gate.BytesOut, gate.BytesIn, gate.Buffers, gate.WALRecords, gate.WALBytes}
	rapid.Check(t, func(t *rapid.T) {
		was := counted()
		o := operation(was, ack)
		o.Server.WALPageImages = rapid.Int64Range(0, 20).Draw(t, "images then")
		b := baseline(t, was, nil)
		m := rapid.SampledFrom(metrics).Draw(t, "metric")
		tolerance := rapid.Float64Range(0, 0.2).Draw(t, "tolerance")
		images := rapid.Int64Range(0, 20).Draw(t, "images now")
		share := rapid.Float64Range(0.5, 1.5).Draw(t, "share")
		more := rapid.Float64Range(1, 1.5).Draw(t, "more")
		status := func(share float64) gate.Status {
			f := counted()
			operation(f, ack).Server.WALPageImages = images
			gauges[m](operation(f, ack), share)
			v := check(t, b, f, nil, gate.Options{Tolerances: map[gate.Metric]float64{m: tolerance}})
			return find(t, v, ackCase+string(m)).Status
		}
		if a, z := status(share), status(share*more); order[z] < order[a] {
			t.Fatalf("%s times %v: %s; times %v: %s", m, share, a, share*more, z)
		}
	})
}

// TestIdenticalCountsPass, whatever they are.
func TestIdenticalCountsPass(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := counted()
		for i := range f.Cells {
			for j := range f.Cells[i].Summary.Operations {
				o := &f.Cells[i].Summary.Operations[j]
				o.Count = rapid.Int64Range(1, 1e6).Draw(t, "count")
				o.RoundTripsPerOp = rapid.Float64Range(1e-3, 50).Draw(t, "trips")
				o.BytesOutPerOp, o.BytesInPerOp = rapid.Float64Range(1, 1e6).Draw(t, "out"), rapid.Float64Range(1, 1e6).Draw(t, "in")
				n := func() int64 { return rapid.Int64Range(0, 1e9).Draw(t, "n") }
				o.Server = &result.ServerWork{Calls: n() + 1, Rows: n(), SharedHit: n(), SharedRead: n(), WALRecords: n(), WALPageImages: n(), WALBytes: n()}
			}
		}
		if v := check(t, baseline(t, f, nil), f, nil, gate.Options{}); v.Counts.Pass != len(v.Cases) || len(v.Cases) != 36 {
			t.Fatalf("%+v", v.Counts)
		}
	})
}
