package seed

// Comparison is one sample orchestration, run once in each of three stages of a migration.
type Comparison struct {
	Sample     string      `json:"sample"`
	Turns      int         `json:"turns"`
	Activities int         `json:"activities"`
	Runs       int         `json:"runs"` // of each stage
	Sources    []Source    `json:"sources"`
	Operations []Operation `json:"operations"`
	Whole      Whole       `json:"whole_test"`
	Phases     Phases      `json:"phases_of_fetch_and_ack_by_procedure"`

	Projections     []Projection    `json:"projections"`
	Restatements    []Restatement   `json:"restatements_of_fetch_by_procedure"`
	Inconsistencies []Inconsistency `json:"inconsistencies"`
}

// Operation is the calls of one operation in each stage. Stages are named by how the turn was fetched and acked.
type Operation struct {
	Operation     string   `json:"operation"`
	Inline        Calls    `json:"inline"`
	FetchOnly     Calls    `json:"fetch_by_procedure"`
	FetchAndAck   Calls    `json:"fetch_and_ack_by_procedure"`
	PrintedChange *float64 `json:"printed_change_percent"` // of FetchAndAck against Inline; nil if none is printed
}

// Stages gives the three in the order of the migration.
func (o Operation) Stages() [3]Calls { return [3]Calls{o.Inline, o.FetchOnly, o.FetchAndAck} }

// Calls is every call of a stage's one run, in order.
type Calls struct {
	Form           string    `json:"form"` // of the operation in that stage: statements or procedure
	MS             []float64 `json:"calls_ms"`
	PrintedAverage *float64  `json:"printed_average_ms"` // nil if none is printed
}

// Average is the mean of all calls in ms.
func (c Calls) Average() float64 { return mean(c.MS) }

// Later is the mean in ms of all calls but the first, 0 if there is one at most.
func (c Calls) Later() float64 {
	if len(c.MS) < 2 {
		return 0
	}
	return mean(c.MS[1:])
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// Whole is the duration of the whole test, creation of the schema and shutdown included.
type Whole struct {
	Inline        float64 `json:"inline_s"`
	FetchOnly     float64 `json:"fetch_by_procedure_s"`
	FetchAndAck   float64 `json:"fetch_and_ack_by_procedure_s"`
	PrintedChange float64 `json:"printed_change_percent"`
}

// Phases splits the whole test of the last stage; the rest is polling and shutdown. Computed from a log of that run.
type Phases struct {
	Source           Source  `json:"source"`
	SchemaMigrations float64 `json:"schema_and_migrations_s"`
	Orchestration    float64 `json:"enqueue_to_last_ack_s"`
}

// Projection is what was expected before it was measured: ranges from low to high, nil where nothing was said.
type Projection struct {
	Source      Source      `json:"source"`
	Fetch       *[2]float64 `json:"fetch_ms"`
	Ack         *[2]float64 `json:"ack_ms"`
	Turn        *[2]float64 `json:"turn_ms"`
	Whole       *[2]float64 `json:"whole_test_s"`
	WholeChange *[2]float64 `json:"whole_test_change_percent"`
}

// Restatement is how a file gives the middle stage; 0 where it does not.
type Restatement struct {
	Source       Source  `json:"source"`
	FetchAverage float64 `json:"fetch_average_ms"`
	Whole        float64 `json:"whole_test_s"`
	WholeChange  float64 `json:"whole_test_change_percent"`
}

// Inconsistency is a printed figure that does not follow from the calls, or from the seconds printed beside it.
type Inconsistency struct {
	Figure     string  `json:"figure"` // with its unit
	File       string  `json:"file"`
	Printed    float64 `json:"printed"`
	Recomputed float64 `json:"recomputed"`
}
