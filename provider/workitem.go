package provider

// A WorkItem is a message of the orchestrator queue or an activity in the worker queue. Its JSON is a one-key object.
type WorkItem interface {
	Kind() string // the JSON key: "StartOrchestration"
	// Target is the instance whose turn the item belongs to: the parent's for the end of a sub-orchestration.
	Target() string
}

// The work items. ID, and ParentID likewise, is the event id of the event that scheduled what the item is about.
type (
	// StartOrchestration begins an instance. Version is empty when the runtime is to choose it.
	StartOrchestration struct {
		Instance       string      `json:"instance"`
		Orchestration  string      `json:"orchestration"`
		Input          string      `json:"input"`
		Version        Optional    `json:"version"`
		ParentInstance Optional    `json:"parent_instance"`
		ParentID       OptionalInt `json:"parent_id"`
		// ParentExecutionID is the parent's execution, so that the child's answer is not addressed to a guess.
		ParentExecutionID OptionalInt `json:"parent_execution_id,omitzero"`
		ExecutionID       int64       `json:"execution_id"`
	}
	// ActivityExecute is an activity to run; the only item of the worker queue.
	ActivityExecute struct {
		Instance    string `json:"instance"`
		ExecutionID int64  `json:"execution_id"`
		ID          int64  `json:"id"`
		Name        string `json:"name"`
		Input       string `json:"input"`
	}
	// ActivityCompleted brings an activity's result.
	ActivityCompleted struct {
		Instance    string `json:"instance"`
		ExecutionID int64  `json:"execution_id"`
		ID          int64  `json:"id"`
		Result      string `json:"result"`
	}
	// ActivityFailed brings an activity's error.
	ActivityFailed struct {
		Instance    string       `json:"instance"`
		ExecutionID int64        `json:"execution_id"`
		ID          int64        `json:"id"`
		Details     ErrorDetails `json:"details"`
	}
	// TimerFired is invisible until FireAt, in Unix milliseconds; 0 means at once.
	TimerFired struct {
		Instance    string `json:"instance"`
		ExecutionID int64  `json:"execution_id"`
		ID          int64  `json:"id"`
		FireAt      int64  `json:"fire_at_ms"`
	}
	// ExternalRaised brings an external event.
	ExternalRaised struct {
		Instance string `json:"instance"`
		Name     string `json:"name"`
		Data     string `json:"data"`
	}
	// SubOrchCompleted brings a child's output to its parent.
	SubOrchCompleted struct {
		ParentInstance    string `json:"parent_instance"`
		ParentExecutionID int64  `json:"parent_execution_id"`
		ParentID          int64  `json:"parent_id"`
		Result            string `json:"result"`
	}
	// SubOrchFailed brings a child's error to its parent.
	SubOrchFailed struct {
		ParentInstance    string       `json:"parent_instance"`
		ParentExecutionID int64        `json:"parent_execution_id"`
		ParentID          int64        `json:"parent_id"`
		Details           ErrorDetails `json:"details"`
	}
	// CancelInstance asks an instance to end.
	CancelInstance struct {
		Instance string `json:"instance"`
		Reason   string `json:"reason"`
	}
	// ContinueAsNew begins the next execution of an instance.
	ContinueAsNew struct {
		Instance      string   `json:"instance"`
		Orchestration string   `json:"orchestration"`
		Input         string   `json:"input"`
		Version       Optional `json:"version"`
	}
	// QueueMessage is a named message; a batch of nothing else for an instance that never was is dropped by the fetch.
	QueueMessage struct {
		Instance string `json:"instance"`
		Name     string `json:"name"`
		Data     string `json:"data"`
	}
)

// workItemKinds is the only list of the kinds.
var workItemKinds = map[string]func([]byte) (WorkItem, error){
	"StartOrchestration": into[StartOrchestration, WorkItem],
	"ActivityExecute":    into[ActivityExecute, WorkItem],
	"ActivityCompleted":  into[ActivityCompleted, WorkItem],
	"ActivityFailed":     into[ActivityFailed, WorkItem],
	"TimerFired":         into[TimerFired, WorkItem],
	"ExternalRaised":     into[ExternalRaised, WorkItem],
	"SubOrchCompleted":   into[SubOrchCompleted, WorkItem],
	"SubOrchFailed":      into[SubOrchFailed, WorkItem],
	"CancelInstance":     into[CancelInstance, WorkItem],
	"ContinueAsNew":      into[ContinueAsNew, WorkItem],
	"QueueMessage":       into[QueueMessage, WorkItem],
}

// Kind and Target of every work item.
func (StartOrchestration) Kind() string { return "StartOrchestration" }
func (ActivityExecute) Kind() string    { return "ActivityExecute" }
func (ActivityCompleted) Kind() string  { return "ActivityCompleted" }
func (ActivityFailed) Kind() string     { return "ActivityFailed" }
func (TimerFired) Kind() string         { return "TimerFired" }
func (ExternalRaised) Kind() string     { return "ExternalRaised" }
func (SubOrchCompleted) Kind() string   { return "SubOrchCompleted" }
func (SubOrchFailed) Kind() string      { return "SubOrchFailed" }
func (CancelInstance) Kind() string     { return "CancelInstance" }
func (ContinueAsNew) Kind() string      { return "ContinueAsNew" }
func (QueueMessage) Kind() string       { return "QueueMessage" }

func (w StartOrchestration) Target() string { return w.Instance }
func (w ActivityExecute) Target() string    { return w.Instance }
func (w ActivityCompleted) Target() string  { return w.Instance }
func (w ActivityFailed) Target() string     { return w.Instance }
func (w TimerFired) Target() string         { return w.Instance }
func (w ExternalRaised) Target() string     { return w.Instance }
func (w SubOrchCompleted) Target() string   { return w.ParentInstance }
func (w SubOrchFailed) Target() string      { return w.ParentInstance }
func (w CancelInstance) Target() string     { return w.Instance }
func (w ContinueAsNew) Target() string      { return w.Instance }
func (w QueueMessage) Target() string       { return w.Instance }

// ErrorDetails says what went wrong; exactly one field is set. Its JSON is a one-key object.
type ErrorDetails struct {
	Infrastructure *InfrastructureError `json:"Infrastructure,omitempty"`
	Configuration  *ConfigurationError  `json:"Configuration,omitempty"`
	Application    *ApplicationError    `json:"Application,omitempty"`
	Poison         *PoisonError         `json:"Poison,omitempty"`
}

type (
	// InfrastructureError is a failure of the provider or of what it stands on.
	InfrastructureError struct {
		Operation string `json:"operation"`
		Message   string `json:"message"`
		Retryable bool   `json:"retryable"`
	}
	// ConfigurationError is a deployment's mistake: an unregistered name, or code that no longer replays its history.
	ConfigurationError struct {
		Kind     string   `json:"kind"` // UnregisteredOrchestration, UnregisteredActivity, MissingVersion, Nondeterminism
		Resource string   `json:"resource"`
		Message  Optional `json:"message"`
	}
	// ApplicationError is what user code returned.
	ApplicationError struct {
		Kind      string `json:"kind"` // ActivityFailed, OrchestrationFailed, Cancelled
		Message   string `json:"message"`
		Retryable bool   `json:"retryable"`
	}
	// PoisonError ends what was attempted too often.
	PoisonError struct {
		AttemptCount int    `json:"attempt_count"`
		MaxAttempts  int    `json:"max_attempts"`
		MessageType  string `json:"message_type"` // Orchestration, Activity
		Message      string `json:"message"`
	}
)

// Error gives the details in one line.
func (d ErrorDetails) Error() string {
	switch {
	case d.Application != nil && d.Application.Kind == "Cancelled":
		return "cancelled: " + d.Application.Message
	case d.Application != nil:
		return d.Application.Message
	case d.Configuration != nil && d.Configuration.Message != "":
		return d.Configuration.Kind + " " + d.Configuration.Resource + ": " + string(d.Configuration.Message)
	case d.Configuration != nil:
		return d.Configuration.Kind + " " + d.Configuration.Resource
	case d.Infrastructure != nil:
		return d.Infrastructure.Operation + ": " + d.Infrastructure.Message
	case d.Poison != nil:
		return "poison: " + d.Poison.Message
	}
	return "unknown error"
}
