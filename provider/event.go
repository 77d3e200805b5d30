package provider

// An Event is one entry of an execution's history. Its JSON is a one-key object: {"ActivityScheduled": {...}}.
// EventID is unique in its execution, above zero, and chosen by the runtime.
type Event interface {
	EventID() int64
	Kind() string // the JSON key: "ActivityScheduled"
}

// Optional is a string whose empty value means absent: JSON null.
type Optional string

// The events. ID is the event's own id, SourceID that of the event which scheduled what now ended.
type (
	// OrchestrationStarted is always event 1 of its execution. The parent fields are zero for a root.
	OrchestrationStarted struct {
		ID             int64       `json:"event_id"`
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		Input          string      `json:"input"`
		ParentInstance Optional    `json:"parent_instance"`
		ParentID       OptionalInt `json:"parent_id"`
		// ParentExecutionID is where the answer goes: a parent may have continued as new, and a restart forgets.
		ParentExecutionID OptionalInt `json:"parent_execution_id,omitzero"`
	}
	// OrchestrationCompleted ends an execution with its output.
	OrchestrationCompleted struct {
		ID     int64  `json:"event_id"`
		Output string `json:"output"`
	}
	// OrchestrationFailed ends an execution with an error.
	OrchestrationFailed struct {
		ID      int64        `json:"event_id"`
		Details ErrorDetails `json:"details"`
	}
	// OrchestrationContinuedAsNew ends an execution whose successor starts with Input.
	OrchestrationContinuedAsNew struct {
		ID    int64  `json:"event_id"`
		Input string `json:"input"`
	}
	// OrchestrationCancelRequested records that somebody asked for the end.
	OrchestrationCancelRequested struct {
		ID     int64  `json:"event_id"`
		Reason string `json:"reason"`
	}
	// ActivityScheduled records an activity that was sent to the worker queue.
	ActivityScheduled struct {
		ID          int64  `json:"event_id"`
		Name        string `json:"name"`
		Input       string `json:"input"`
		ExecutionID int64  `json:"execution_id"`
	}
	// ActivityCompletedEvent records an activity's result.
	ActivityCompletedEvent struct {
		ID       int64  `json:"event_id"`
		SourceID int64  `json:"source_event_id"`
		Result   string `json:"result"`
	}
	// ActivityFailedEvent records an activity's error.
	ActivityFailedEvent struct {
		ID       int64        `json:"event_id"`
		SourceID int64        `json:"source_event_id"`
		Details  ErrorDetails `json:"details"`
	}
	// TimerCreated records a timer; FireAt is in Unix milliseconds.
	TimerCreated struct {
		ID          int64 `json:"event_id"`
		FireAt      int64 `json:"fire_at_ms"`
		ExecutionID int64 `json:"execution_id"`
	}
	// TimerFiredEvent records that the timer of event SourceID fired.
	TimerFiredEvent struct {
		ID       int64 `json:"event_id"`
		SourceID int64 `json:"source_event_id"`
		FireAt   int64 `json:"fire_at_ms"`
	}
	// ExternalSubscribed records that the orchestration waits for an external event of that name.
	ExternalSubscribed struct {
		ID   int64  `json:"event_id"`
		Name string `json:"name"`
	}
	// ExternalEvent records an external event that was delivered.
	ExternalEvent struct {
		ID   int64  `json:"event_id"`
		Name string `json:"name"`
		Data string `json:"data"`
	}
	// OrchestrationChained records a detached start: nobody waits for Instance.
	OrchestrationChained struct {
		ID       int64  `json:"event_id"`
		Name     string `json:"name"`
		Instance string `json:"instance"`
		Input    string `json:"input"`
	}
	// SubOrchestrationScheduled records a child that was started.
	SubOrchestrationScheduled struct {
		ID          int64  `json:"event_id"`
		Name        string `json:"name"`
		Instance    string `json:"instance"`
		Input       string `json:"input"`
		ExecutionID int64  `json:"execution_id"`
	}
	// SubOrchestrationCompleted records a child's output.
	SubOrchestrationCompleted struct {
		ID       int64  `json:"event_id"`
		SourceID int64  `json:"source_event_id"`
		Result   string `json:"result"`
	}
	// SubOrchestrationFailed records a child's error.
	SubOrchestrationFailed struct {
		ID       int64        `json:"event_id"`
		SourceID int64        `json:"source_event_id"`
		Details  ErrorDetails `json:"details"`
	}
	// SystemCall records a value that replay must not compute again, such as the clock or a new UUID.
	SystemCall struct {
		ID          int64  `json:"event_id"`
		Op          string `json:"op"`
		Value       string `json:"value"`
		ExecutionID int64  `json:"execution_id"`
	}
)

// eventKinds gives an empty event of each kind to decode into. It is the only list of them.
var eventKinds = map[string]func([]byte) (Event, error){
	"OrchestrationStarted":         into[OrchestrationStarted, Event],
	"OrchestrationCompleted":       into[OrchestrationCompleted, Event],
	"OrchestrationFailed":          into[OrchestrationFailed, Event],
	"OrchestrationContinuedAsNew":  into[OrchestrationContinuedAsNew, Event],
	"OrchestrationCancelRequested": into[OrchestrationCancelRequested, Event],
	"ActivityScheduled":            into[ActivityScheduled, Event],
	"ActivityCompleted":            into[ActivityCompletedEvent, Event],
	"ActivityFailed":               into[ActivityFailedEvent, Event],
	"TimerCreated":                 into[TimerCreated, Event],
	"TimerFired":                   into[TimerFiredEvent, Event],
	"ExternalSubscribed":           into[ExternalSubscribed, Event],
	"ExternalEvent":                into[ExternalEvent, Event],
	"OrchestrationChained":         into[OrchestrationChained, Event],
	"SubOrchestrationScheduled":    into[SubOrchestrationScheduled, Event],
	"SubOrchestrationCompleted":    into[SubOrchestrationCompleted, Event],
	"SubOrchestrationFailed":       into[SubOrchestrationFailed, Event],
	"SystemCall":                   into[SystemCall, Event],
}

// EventID and Kind of every event.
func (e OrchestrationStarted) EventID() int64         { return e.ID }
func (e OrchestrationCompleted) EventID() int64       { return e.ID }
func (e OrchestrationFailed) EventID() int64          { return e.ID }
func (e OrchestrationContinuedAsNew) EventID() int64  { return e.ID }
func (e OrchestrationCancelRequested) EventID() int64 { return e.ID }
func (e ActivityScheduled) EventID() int64            { return e.ID }
func (e ActivityCompletedEvent) EventID() int64       { return e.ID }
func (e ActivityFailedEvent) EventID() int64          { return e.ID }
func (e TimerCreated) EventID() int64                 { return e.ID }
func (e TimerFiredEvent) EventID() int64              { return e.ID }
func (e ExternalSubscribed) EventID() int64           { return e.ID }
func (e ExternalEvent) EventID() int64                { return e.ID }
func (e OrchestrationChained) EventID() int64         { return e.ID }
func (e SubOrchestrationScheduled) EventID() int64    { return e.ID }
func (e SubOrchestrationCompleted) EventID() int64    { return e.ID }
func (e SubOrchestrationFailed) EventID() int64       { return e.ID }
func (e SystemCall) EventID() int64                   { return e.ID }

func (OrchestrationStarted) Kind() string         { return "OrchestrationStarted" }
func (OrchestrationCompleted) Kind() string       { return "OrchestrationCompleted" }
func (OrchestrationFailed) Kind() string          { return "OrchestrationFailed" }
func (OrchestrationContinuedAsNew) Kind() string  { return "OrchestrationContinuedAsNew" }
func (OrchestrationCancelRequested) Kind() string { return "OrchestrationCancelRequested" }
func (ActivityScheduled) Kind() string            { return "ActivityScheduled" }
func (ActivityCompletedEvent) Kind() string       { return "ActivityCompleted" }
func (ActivityFailedEvent) Kind() string          { return "ActivityFailed" }
func (TimerCreated) Kind() string                 { return "TimerCreated" }
func (TimerFiredEvent) Kind() string              { return "TimerFired" }
func (ExternalSubscribed) Kind() string           { return "ExternalSubscribed" }
func (ExternalEvent) Kind() string                { return "ExternalEvent" }
func (OrchestrationChained) Kind() string         { return "OrchestrationChained" }
func (SubOrchestrationScheduled) Kind() string    { return "SubOrchestrationScheduled" }
func (SubOrchestrationCompleted) Kind() string    { return "SubOrchestrationCompleted" }
func (SubOrchestrationFailed) Kind() string       { return "SubOrchestrationFailed" }
func (SystemCall) Kind() string                   { return "SystemCall" }
