package runtime

import (
	"errors"

	"pgbench-provider/provider"
)

// A Future is something that was asked for and has an answer now or in a later turn. It belongs to the run of the
// orchestration that made it. Its zero value is of no use.
type Future struct {
	c  *Context
	id int64 // of the scheduling event
}

// Await gives the answer: the result of an activity or sub-orchestration, the data of an event, nothing for a timer. A
// failed activity or sub-orchestration gives a [provider.ErrorDetails]. Without an answer the turn ends here, and the
// function is run again in a later one.
func (f Future) Await() (string, error) {
	if !f.done() {
		f.c.block()
	}
	switch e := f.c.turn.events[f.c.turn.done[f.id-1]-1].(type) {
	case provider.ActivityCompletedEvent:
		return e.Result, nil
	case provider.ActivityFailedEvent:
		return "", e.Details
	case provider.SubOrchestrationCompleted:
		return e.Result, nil
	case provider.SubOrchestrationFailed:
		return "", e.Details
	case provider.ExternalEvent:
		return e.Data, nil
	}
	return "", nil
}

func (f Future) done() bool {
	f.c.check()
	return f.c.turn.done[f.id-1] != 0
}

// Join waits for all futures and gives their results in the order of the arguments, with the error of the first of them
// that failed; a failed one has an empty result.
func (c *Context) Join(futures ...Future) ([]string, error) {
	for _, f := range futures {
		if !f.done() {
			c.block()
		}
	}
	results := make([]string, len(futures))
	var first error
	for i, f := range futures {
		var err error
		if results[i], err = f.Await(); err != nil && first == nil {
			first = err
		}
	}
	return results, first
}

var errSelectNothing = errors.New("select of no futures never ends")

// Select waits for the first answer and gives the future's index with it. Of several, the first is the one that history
// has first, so that replay decides alike. The losers go on: an activity is run, an event subscription takes its event.
func (c *Context) Select(futures ...Future) (int, string, error) {
	if len(futures) == 0 {
		return -1, "", errSelectNothing
	}
	winner, at := -1, int64(0)
	for i, f := range futures {
		if f.done() {
			if d := c.turn.done[f.id-1]; winner < 0 || d < at {
				winner, at = i, d
			}
		}
	}
	if winner < 0 {
		c.block()
	}
	result, err := futures[winner].Await()
	return winner, result, err
}
