package provider

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// A Strategy carries out the provider protocol against PostgreSQL: the SQL of each operation and how it is sent, and
// nothing else. It is a stateless value, safe for concurrent use; all state is in the database, and every token and time
// is an argument. Times are Unix milliseconds of the client's clock.
//
// Each method is one transaction. It returns one of the package's sentinels where its comment names one, and the driver's
// error otherwise. conn has the schema as its search_path and belongs to the call until it returns.
//
// Locks are taken in this order everywhere: rows of instance_locks by ascending instance id, then rows of
// orchestrator_queue, then rows of worker_queue. Without it a worker's ack and a turn that cancels would deadlock.
type Strategy interface {
	// Name is the strategy's name as in --strategy and in every report.
	Name() string
	// Install makes the server-side routines of the strategy, if it has any, what this program expects. It is idempotent
	// and runs under the lock that [pgbench-provider/migrations.Apply] holds.
	Install(ctx context.Context, conn *pgx.Conn) error

	TurnStrategy
	WorkStrategy
	HistoryStrategy
	AdminStrategy
	RemovalStrategy
}

// TurnStrategy is the part of a [Strategy] that serves the orchestrator queue.
type TurnStrategy interface {
	// EnqueueOrchestratorItem inserts one message.
	EnqueueOrchestratorItem(ctx context.Context, conn *pgx.Conn, m Message) error
	// FetchOrchestrationItem locks the instance that has been fetchable longest, by l.From, and returns what its turn needs. Returns
	// [ErrNoWork] when no instance is fetchable.
	FetchOrchestrationItem(ctx context.Context, conn *pgx.Conn, l Lock) (*Turn, error)
	// AckOrchestrationItem commits a turn. Returns [ErrLockLost] unless the lock is held and unexpired, and fails on a
	// duplicate event; either way nothing changed.
	AckOrchestrationItem(ctx context.Context, conn *pgx.Conn, a *TurnAck) error
	// EnqueueOrchestratorItems inserts messages, some, all or none.
	EnqueueOrchestratorItems(ctx context.Context, conn *pgx.Conn, m Messages) error
	// FetchOrchestrationItems locks up to n instances, n above 0, that have been fetchable longest, all under one token, and returns
	// what their turns need, the one that has been so longest first. Returns [ErrNoWork] for none.
	FetchOrchestrationItems(ctx context.Context, conn *pgx.Conn, l Lock, n int) ([]*Turn, error)
	// AckOrchestrationItems commits several turns, all or none: [ErrLockLost] unless all locks are held and unexpired.
	AckOrchestrationItems(ctx context.Context, conn *pgx.Conn, a *TurnAcks) error
	// AbandonOrchestrationItem gives a lock back, even an expired one. Returns [ErrLockLost] if it was taken over.
	AbandonOrchestrationItem(ctx context.Context, conn *pgx.Conn, a TurnAbandon) error
	// DiscardOrchestrationItem deletes the messages of a turn and its lock and writes nothing. Returns [ErrLockLost] like
	// an ack.
	DiscardOrchestrationItem(ctx context.Context, conn *pgx.Conn, l TurnLock, now int64) error
	// RenewOrchestrationLock moves the expiry of an unexpired lock. Returns [ErrLockLost].
	RenewOrchestrationLock(ctx context.Context, conn *pgx.Conn, l TurnLock, now, until int64) error
}

// WorkStrategy is the part of a [Strategy] that serves the worker queue.
type WorkStrategy interface {
	// EnqueueWorkerItem inserts one work item, visible at now.
	EnqueueWorkerItem(ctx context.Context, conn *pgx.Conn, w Work, now int64) error
	// FetchWorkItem locks the item that has been visible longest, by l.From. Returns [ErrNoWork].
	FetchWorkItem(ctx context.Context, conn *pgx.Conn, l Lock) (*LockedWork, error)
	// FetchWorkItems locks up to n items, n above 0, that have been visible longest, all under one token, and returns them
	// oldest first. Returns [ErrNoWork] for none.
	FetchWorkItems(ctx context.Context, conn *pgx.Conn, l Lock, n int) ([]LockedWork, error)
	// AckWorkItem deletes the item and enqueues its completion, if there is one. Returns [ErrLockLost] unless the lock is
	// held and unexpired.
	AckWorkItem(ctx context.Context, conn *pgx.Conn, l WorkLock, now int64, completion *Message) error
	// AckWorkItems does it for several items and as many completions, all or none: [ErrLockLost] unless all locks are held and
	// unexpired; then nothing changed.
	AckWorkItems(ctx context.Context, conn *pgx.Conn, l WorkLocks, now int64, completions Messages) error
	// AbandonWorkItem gives the item back, even with an expired lock. Returns [ErrLockLost] if it was taken over.
	AbandonWorkItem(ctx context.Context, conn *pgx.Conn, a WorkAbandon) error
	// RenewWorkItemLock moves the expiry of an unexpired lock. Returns [ErrLockLost].
	RenewWorkItemLock(ctx context.Context, conn *pgx.Conn, l WorkLock, now, until int64) error
}

// HistoryStrategy is the part of a [Strategy] that reads and appends history.
type HistoryStrategy interface {
	// ReadHistory returns the JSON of the events of the instance's highest execution, in order; none is no error.
	ReadHistory(ctx context.Context, conn *pgx.Conn, instanceID string) ([]string, error)
	// ReadExecution returns the JSON of one execution's events, in order; none is no error.
	ReadExecution(ctx context.Context, conn *pgx.Conn, instanceID string, executionID int64) ([]string, error)
	// AppendHistory inserts events and leaves those alone whose id is there already.
	AppendHistory(ctx context.Context, conn *pgx.Conn, instanceID string, executionID, now int64, e Events) error
	// ReadStatus returns the status and output of the instance's current execution, or [ErrInstanceNotFound].
	ReadStatus(ctx context.Context, conn *pgx.Conn, instanceID string) (InstanceStatus, error)
}

// AdminStrategy is the part of a [Strategy] that answers questions about instances.
type AdminStrategy interface {
	// ListInstances returns ids, newest first; with a status only those whose current execution has it.
	ListInstances(ctx context.Context, conn *pgx.Conn, status Status) ([]string, error)
	// ListExecutions returns execution ids, ascending; none for an unknown instance.
	ListExecutions(ctx context.Context, conn *pgx.Conn, instanceID string) ([]int64, error)
	// LatestExecutionID returns the current execution's id, or [ErrInstanceNotFound].
	LatestExecutionID(ctx context.Context, conn *pgx.Conn, instanceID string) (int64, error)
	// GetInstanceInfo returns [ErrInstanceNotFound] for an unknown instance.
	GetInstanceInfo(ctx context.Context, conn *pgx.Conn, instanceID string) (InstanceInfo, error)
	// GetExecutionInfo returns [ErrExecutionNotFound] for an unknown execution.
	GetExecutionInfo(ctx context.Context, conn *pgx.Conn, instanceID string, executionID int64) (ExecutionInfo, error)
	// GetSystemMetrics counts rows.
	GetSystemMetrics(ctx context.Context, conn *pgx.Conn) (SystemMetrics, error)
	// NextVisible returns when the first message and the first work item can be fetched, or their locks expire; nil never.
	NextVisible(ctx context.Context, conn *pgx.Conn) (message, work *int64, err error)
	// GetQueueDepths counts what could be fetched at now.
	GetQueueDepths(ctx context.Context, conn *pgx.Conn, now int64) (QueueDepths, error)
}

type (
	// A Lock is what a fetch takes: a token that the Provider minted, and from when until when it is held.
	Lock struct {
		Token      string // a UUID
		Now, Until int64
		Owner      *string // a UUID: who keeps histories and, where it had the last turn, needs only what is newer; nil nobody
		// From bounds the order of a fetch: what is visible since From, at most Now, comes before all that has been visible
		// longer. It spares the server the dead rows of what was finished before. 0 is the order without exception.
		From int64
	}
	// A Message is a row for the orchestrator queue.
	Message struct {
		InstanceID string
		VisibleAt  int64
		Item       string // JSON
	}
	// Messages are rows for the orchestrator queue in the order of their insertion, a slice a column.
	Messages struct {
		InstanceIDs []string
		VisibleAt   []int64
		Items       []string
	}
	// Work is a row for the worker queue. The ids are nil for what is no activity.
	Work struct {
		InstanceID              *string
		ExecutionID, ActivityID *int64
		Item                    string // JSON
	}
	// Works are activities for the worker queue in the order of their insertion, a slice a column.
	Works struct {
		InstanceIDs  []string
		ExecutionIDs []int64
		ActivityIDs  []int64
		Items        []string
	}
	// Events are rows for the history, a slice a column.
	Events struct {
		IDs  []int64
		Data []string // JSON
	}
	// Activities name activities of one instance, a slice a column.
	Activities struct{ ExecutionIDs, ActivityIDs []int64 }

	// A Turn is a locked instance as the strategy read it. Name and Version are nil where the database has none.
	Turn struct {
		InstanceID    string
		AttemptCount  int
		VisibleAt     int64 // of the earliest message
		MessageIDs    []int64
		Messages      []string // JSON, in order of insertion
		Known         bool     // there is a row in instances
		Name, Version *string
		ExecutionID   *int64   // of the instance, else the highest that left a trace; nil when nothing did
		History       []string // JSON, of that execution; only what is newer than KeptThrough
		// HistoryOwner and HistoryThrough are the instance's: who had its last turn and keeps the history through which
		// event; nil nobody.
		HistoryOwner   *string
		HistoryThrough *int64
	}
	// A TurnAck is everything one turn changes.
	TurnAck struct {
		Lock        TurnLock
		Now         int64
		ExecutionID int64
		Name        *string // with Version: the instance is created or renamed
		Version     *string
		Parent      *string
		Status      *Status
		Output      *string
		CompletedAt *int64
		Events      Events
		Works       Works
		Messages    Messages
		Cancelled   Activities
		// HistoryOwner keeps the history through HistoryThrough, unless the instance's owner is another than HistorySeen,
		// which the fetch saw; nil nobody.
		HistorySeen, HistoryOwner *string
		HistoryThrough            *int64
	}
	// TurnAcks are turns of several instances in ascending order of their ids, a slice a column, that send no messages and cancel no
	// activities. MessageInstances and EventInstances name the instance of each message and event, EventExecutions the execution.
	TurnAcks struct {
		Now                        int64
		InstanceIDs, Tokens        []string
		MessageInstances           []string
		MessageIDs                 []int64
		ExecutionIDs               []int64
		Names, Versions, Parents   []*string
		Statuses, Outputs          []*string
		CompletedAt                []*int64
		EventInstances             []string
		EventExecutions            []int64
		Events                     Events
		Works                      Works
		HistorySeen, HistoryOwners []*string
		HistoryThrough             []*int64
	}
	// A TurnAbandon gives a turn back. VisibleAt is nil when the messages stay visible as they were.
	TurnAbandon struct {
		Lock          TurnLock
		Now           int64
		VisibleAt     *int64
		IgnoreAttempt bool
	}
	// LockedWork is a work item as the strategy read it.
	LockedWork struct {
		ID           int64
		Item         string // JSON
		AttemptCount int
		EnqueuedAt   int64
	}
	// WorkLocks are locks of work items, a slice a column.
	WorkLocks struct {
		IDs    []int64
		Tokens []string
	}
	// A WorkAbandon gives a work item back. VisibleAt is nil when it returns to its place in the queue.
	WorkAbandon struct {
		Lock          WorkLock
		VisibleAt     *int64
		IgnoreAttempt bool
	}
)

// NewTurnAcks turns acks, in ascending order of their instances, into columns. It leaves out what they send and cancel.
func NewTurnAcks(now int64, acks []*TurnAck) *TurnAcks {
	c := &TurnAcks{Now: now}
	for _, a := range acks {
		id := a.Lock.InstanceID
		c.InstanceIDs, c.Tokens = append(c.InstanceIDs, id), append(c.Tokens, a.Lock.Token)
		for _, m := range a.Lock.MessageIDs {
			c.MessageInstances, c.MessageIDs = append(c.MessageInstances, id), append(c.MessageIDs, m)
		}
		c.ExecutionIDs = append(c.ExecutionIDs, a.ExecutionID)
		c.Names, c.Versions, c.Parents = append(c.Names, a.Name), append(c.Versions, a.Version), append(c.Parents, a.Parent)
		c.Statuses, c.Outputs = append(c.Statuses, (*string)(a.Status)), append(c.Outputs, a.Output)
		c.CompletedAt = append(c.CompletedAt, a.CompletedAt)
		for range a.Events.IDs {
			c.EventInstances, c.EventExecutions = append(c.EventInstances, id), append(c.EventExecutions, a.ExecutionID)
		}
		c.Events.IDs = append(c.Events.IDs, a.Events.IDs...)
		c.Events.Data = append(c.Events.Data, a.Events.Data...)
		c.Works.InstanceIDs = append(c.Works.InstanceIDs, a.Works.InstanceIDs...)
		c.Works.ExecutionIDs = append(c.Works.ExecutionIDs, a.Works.ExecutionIDs...)
		c.Works.ActivityIDs = append(c.Works.ActivityIDs, a.Works.ActivityIDs...)
		c.Works.Items = append(c.Works.Items, a.Works.Items...)
		c.HistorySeen, c.HistoryOwners = append(c.HistorySeen, a.HistorySeen), append(c.HistoryOwners, a.HistoryOwner)
		c.HistoryThrough = append(c.HistoryThrough, a.HistoryThrough)
	}
	return c
}

// Add adds a message that the fetch read.
func (t *Turn) Add(id int64, item string, visibleAt int64) {
	if len(t.Messages) == 0 || visibleAt < t.VisibleAt {
		t.VisibleAt = visibleAt
	}
	t.MessageIDs = append(t.MessageIDs, id)
	t.Messages = append(t.Messages, item)
}

// KeptThrough is the last event that owner keeps of the turn's instance; 0 for none.
func (t *Turn) KeptThrough(owner *string) int64 {
	if owner == nil || t.HistoryOwner == nil || *owner != *t.HistoryOwner || t.HistoryThrough == nil {
		return 0
	}
	return *t.HistoryThrough
}

// Receivers tells whether the turn has messages for instances with ids up to its own, and for instances with ids after
// it, compared bytewise. A turn that has only the latter may send when it holds its own lock: that keeps the order.
func (a *TurnAck) Receivers() (upTo, after bool) {
	for _, id := range a.Messages.InstanceIDs {
		upTo = upTo || id <= a.Lock.InstanceID
		after = after || id > a.Lock.InstanceID
	}
	return upTo, after
}

// Len is the number of rows.
func (m Messages) Len() int { return len(m.Items) }

// Len is the number of rows.
func (w Works) Len() int { return len(w.Items) }

// Len is the number of rows.
func (e Events) Len() int { return len(e.IDs) }

// Len is the number of activities.
func (a Activities) Len() int { return len(a.ActivityIDs) }
