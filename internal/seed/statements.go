package seed

// Breakdown is the statements of one call as a document lists them.
type Breakdown struct {
	Operation string   `json:"operation"`
	Form      string   `json:"form"` // statements or procedure
	Sample    string   `json:"sample"`
	Source    Source   `json:"source"`
	Steps     []Step   `json:"steps"`
	Total     *float64 `json:"total_ms"` // of the call, as reported; nil if it is not
}

// Step is one statement of a [Breakdown].
type Step struct {
	Step string  `json:"step"`
	MS   float64 `json:"ms"`
}

// Listed is the sum of the steps in ms.
func (b Breakdown) Listed() (sum float64) {
	for _, s := range b.Steps {
		sum += s.MS
	}
	return sum
}

// Statements is times computed from the log of the run with both procedures.
type Statements struct {
	Source        Source      `json:"source"`
	RoundTrip     float64     `json:"round_trip_ms"`
	RoundTripNote string      `json:"round_trip_note"`
	Statements    []Statement `json:"statements"`
}

// Statement is the calls of one statement. Median and P90 are nil where there were too few.
type Statement struct {
	Statement string   `json:"statement"`
	Count     int      `json:"count"`
	Min       float64  `json:"min_ms"`
	Median    *float64 `json:"median_ms"`
	P90       *float64 `json:"p90_ms"`
	Max       float64  `json:"max_ms"`
}

// RoundTrips is what the seed's documents and its code say of round trips. None of it was counted on a connection.
type RoundTrips struct {
	Source     Source  `json:"source"` // of what is printed
	Operations []Trips `json:"operations"`
}

// Trips is the round trips of one call. Inline is counted in the seed's code, begin and commit included: one value if
// all calls are alike, else one for each turn of the sample. An empty fetch tries four times.
type Trips struct {
	Operation string `json:"operation"`
	Outcome   string `json:"outcome"`
	Printed   []int  `json:"printed_queries"` // from low to high, without commit; empty if nothing is printed
	Inline    []int  `json:"inline_statements_and_transaction"`
	Procedure int    `json:"procedure_calls"`
}

// Find gives the round trips of an operation, or nil.
func (r RoundTrips) Find(operation, outcome string) *Trips {
	for i := range r.Operations {
		if t := &r.Operations[i]; t.Operation == operation && t.Outcome == outcome {
			return t
		}
	}
	return nil
}

// Mean is that of Inline, 0 if it is empty.
func (t Trips) Mean() float64 {
	values := make([]float64, len(t.Inline))
	for i, n := range t.Inline {
		values[i] = float64(n)
	}
	return mean(values)
}
