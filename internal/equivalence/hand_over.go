package equivalence

import (
	"errors"

	"pgbench-provider/provider"
)

// eager is a [Subject] that hands over by itself. The others, the model among them, fetch afterwards: that this is the
// same is what a hand-over means.
type eager struct {
	onServer
	s provider.EagerStrategy
}

// rooms are what an operation may ask for beside its answer: a turn, and how many work items.
var rooms = []struct {
	turn  bool
	works int
}{{false, 0}, {true, 0}, {false, 1}, {true, 3}}

// want mints the locks; nil when nothing is asked for.
func (p *player) want(op Op) *provider.Want {
	room := rooms[op.Room%len(rooms)]
	if op.Room == 0 {
		return nil
	}
	w := &provider.Want{Works: room.works, Work: new(p.lock(op))}
	if room.turn {
		w.Turn = new(p.lock(op))
	}
	return w
}

// wantAll is want for an operation on several items.
func (p *player) wantAll(op Op) *provider.Want {
	w := p.want(op)
	if w != nil && w.Turn != nil {
		w.Turns = op.batch()
	}
	return w
}

// handsOver runs an operation that asks for more, and remembers what it locked.
func (p *player) handsOver(w *provider.Want, whole func(eager) (provider.Handover, error), plain func() error) string {
	var h provider.Handover
	var err error
	if e, ok := p.subject.(eager); ok {
		h, err = whole(e)
	} else if err = plain(); err == nil {
		h, err = p.fetchAfter(w)
	}
	if err != nil {
		return answer(nil, err)
	}
	text := "ok"
	for _, t := range h.Turns {
		p.turns = append(p.turns, provider.TurnLock{Token: w.Turn.Token, InstanceID: t.InstanceID, MessageIDs: t.MessageIDs})
		text += ", " + turnText(t)
	}
	for _, work := range h.Works {
		p.works = append(p.works, provider.WorkLock{Token: w.Work.Token, ID: work.ID})
		text += ", " + workText(&work)
	}
	return text
}

func (p *player) fetchAfter(w *provider.Want) (h provider.Handover, err error) {
	if w.Turn != nil {
		if h.Turns, err = p.subject.FetchOrchestrationItems(*w.Turn, max(w.Turns, 1)); err != nil && !errors.Is(err, provider.ErrNoWork) {
			return h, err
		}
	}
	for range w.Works {
		work, err := p.subject.FetchWorkItem(*w.Work)
		if errors.Is(err, provider.ErrNoWork) {
			break
		}
		if err != nil {
			return h, err
		}
		h.Works = append(h.Works, *work)
	}
	return h, nil
}

func (p *player) enqueue(m provider.Message, w *provider.Want) string {
	if w == nil {
		return answer(nil, p.subject.EnqueueOrchestratorItem(m))
	}
	return p.handsOver(w, func(e eager) (provider.Handover, error) {
		return e.s.EnqueueOrchestratorItemAndFetch(e.ctx, e.conn, m, *w)
	}, func() error { return p.subject.EnqueueOrchestratorItem(m) })
}

func (p *player) enqueueAll(m provider.Messages, w *provider.Want) string {
	if w == nil {
		return answer(nil, p.subject.EnqueueOrchestratorItems(m))
	}
	return p.handsOver(w, func(e eager) (provider.Handover, error) {
		return e.s.EnqueueOrchestratorItemsAndFetch(e.ctx, e.conn, m, *w)
	}, func() error { return p.subject.EnqueueOrchestratorItems(m) })
}

func (p *player) ackTurns(acks []*provider.TurnAck, w *provider.Want) string {
	if w == nil {
		return answer(nil, p.subject.AckOrchestrationItems(p.now, acks))
	}
	return p.handsOver(w, func(e eager) (provider.Handover, error) {
		return e.s.AckOrchestrationItemsAndFetch(e.ctx, e.conn, provider.NewTurnAcks(p.now, acks), *w)
	}, func() error { return p.subject.AckOrchestrationItems(p.now, acks) })
}

func (p *player) ackTurn(a *provider.TurnAck, w *provider.Want) string {
	if w == nil {
		return answer(nil, p.subject.AckOrchestrationItem(a))
	}
	return p.handsOver(w, func(e eager) (provider.Handover, error) {
		return e.s.AckOrchestrationItemAndFetch(e.ctx, e.conn, a, *w)
	}, func() error { return p.subject.AckOrchestrationItem(a) })
}

func (p *player) ackWork(l provider.WorkLock, done *provider.Message, w *provider.Want) string {
	if w == nil {
		return answer(nil, p.subject.AckWorkItem(l, p.now, done))
	}
	return p.handsOver(w, func(e eager) (provider.Handover, error) {
		return e.s.AckWorkItemAndFetch(e.ctx, e.conn, l, p.now, done, *w)
	}, func() error { return p.subject.AckWorkItem(l, p.now, done) })
}

func (p *player) ackWorks(l provider.WorkLocks, done provider.Messages, w *provider.Want) string {
	if w == nil {
		return answer(nil, p.subject.AckWorkItems(l, p.now, done))
	}
	return p.handsOver(w, func(e eager) (provider.Handover, error) {
		return e.s.AckWorkItemsAndFetch(e.ctx, e.conn, l, p.now, done, *w)
	}, func() error { return p.subject.AckWorkItems(l, p.now, done) })
}
