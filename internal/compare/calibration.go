package compare

import (
	"math"
	"slices"
	"time"

	"pgbench-provider/internal/result"
)

// Calibration is what repeated comparisons found: false alarms when equal arms were compared, power when a known change
// was. Shares are between 0 and 1.
type Calibration struct {
	Rounds     int                    `json:"rounds"` // of a window
	Windows    int                    `json:"windows"`
	Detected   float64                `json:"detected"` // share of the windows in which at least one p50 was
	Claimed    float64                `json:"claimed"`  // share of the windows in which at least one p50 was faster or slower
	Operations []OperationCalibration `json:"operations"`
}

// OperationCalibration is one p50 over all windows.
type OperationCalibration struct {
	Workload  string         `json:"workload"`
	AddedRTT  time.Duration  `json:"added_rtt_ns"`
	Operation string         `json:"operation"`
	Outcome   result.Outcome `json:"outcome"`
	Base      string         `json:"base"`
	Head      string         `json:"head"`
	Windows   int            `json:"windows"`  // with an estimate; the shares are of these
	Excluded  float64        `json:"excluded"` // the interval excludes no change
	Detected  float64        `json:"detected"` // and the adjusted p-value passes
	Claimed   float64        `json:"claimed"`  // faster or slower: beyond the margin and the noise floor
	Floor     Number         `json:"floor"`    // 95th percentile of |ln ratio|, upwards: 0.03 for a factor of 1.03
	FloorDown Number         `json:"floor_down"`

	sizes []float64
}

// Calibrate counts what the analyses, such as those of [Windows], found about p50. Comparisons without an estimate do not
// count. For no analyses it gives zeros.
func Calibrate(windows []*Analysis) *Calibration {
	c := &Calibration{Windows: len(windows), Operations: []OperationCalibration{}}
	for _, a := range windows {
		detected, claimed := false, false
		for i := range a.Comparisons {
			x := &a.Comparisons[i]
			if x.Metric != P50 || !x.Ratio.Valid() {
				continue
			}
			c.Rounds = max(c.Rounds, x.Rounds)
			c.operation(x).count(x)
			detected, claimed = detected || x.Detected, claimed || x.claimed()
		}
		c.Detected += share(detected) / float64(c.Windows)
		c.Claimed += share(claimed) / float64(c.Windows)
	}
	for i := range c.Operations {
		c.Operations[i].finish()
	}
	return c
}

func (c *Comparison) claimed() bool { return c.Verdict == Faster || c.Verdict == Slower }

func share(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func (c *Calibration) operation(x *Comparison) *OperationCalibration {
	i := slices.IndexFunc(c.Operations, func(o OperationCalibration) bool {
		return o.Workload == x.Workload && o.AddedRTT == x.AddedRTT && o.Operation == x.Operation && o.Outcome == x.Outcome &&
			o.Base == x.Base && o.Head == x.Head
	})
	if i < 0 {
		i = len(c.Operations)
		c.Operations = append(c.Operations, OperationCalibration{
			Workload: x.Workload, AddedRTT: x.AddedRTT, Operation: x.Operation, Outcome: x.Outcome, Base: x.Base, Head: x.Head,
		})
	}
	return &c.Operations[i]
}

func (o *OperationCalibration) count(x *Comparison) {
	o.Windows++
	o.Excluded += share(x.CILow > 1 || x.CIHigh < 1)
	o.Detected += share(x.Detected)
	o.Claimed += share(x.claimed())
	o.sizes = append(o.sizes, math.Abs(math.Log(float64(x.Ratio))))
}

// finish turns counts into shares.
func (o *OperationCalibration) finish() {
	n := float64(o.Windows)
	o.Excluded, o.Detected, o.Claimed = o.Excluded/n, o.Detected/n, o.Claimed/n
	slices.Sort(o.sizes)
	f := quantile(o.sizes, 0.95)
	o.Floor, o.FloorDown = Number(math.Expm1(f)), Number(math.Expm1(-f))
}
