package runtime

import "sync"

// instances knows which instances a dispatcher of this process runs or looks for, so that five messages of one instance wake
// one dispatcher and not five, of whom four find nothing. A message that needs no wake-up is still found: by whoever acks the
// turn that runs, for he fetches next, or by whoever looks for the instance and fetches again rather than sleep when the
// message is newer than his fetch.
type instances struct {
	mu      sync.Mutex
	now     uint64             // counts messages
	sought  map[string]*search // instances somebody was woken for
	running map[string]*words  // turns
}

// words are of messages that came while a turn ran: any, and one while its ack was under way. That one may be committed behind the
// ack, and be seen by nobody.
type words struct{ more, acking, late bool }

// search is when an instance's messages came: that for which somebody was woken, and the newest.
type search struct{ first, newest uint64 }

func newInstances() *instances {
	return &instances{sought: map[string]*search{}, running: map[string]*words{}}
}

// begin is called before a fetch, also one that is part of an ack, and gives what fetched or nothing is told of it.
func (s *instances) begin() (mark uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// fetched notes a turn that a fetch brought. Exactly one ended follows.
func (s *instances) fetched(mark uint64, instance string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	late := s.sought[instance] != nil && s.sought[instance].newest > mark
	delete(s.sought, instance)
	w := s.running[instance]
	if w == nil {
		w = &words{}
		s.running[instance] = w
	}
	w.more = w.more || late
}

// acks notes that the ack of an instance's turn begins.
func (s *instances) acks(instance string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.running[instance]; w != nil {
		w.acking, w.late = true, false
	}
}

// nothing notes a fetch that found no turn, and says whether it was too early for something that nobody else was woken for.
func (s *instances) nothing(mark uint64) (again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for instance, search := range s.sought {
		switch {
		case search.newest <= mark:
			delete(s.sought, instance) // another process has it
		case search.newest > search.first:
			again = true
		}
	}
	return again
}

// came notes a message that can be fetched, and says whether somebody is to be woken for it.
func (s *instances) came(instance string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now++
	if w := s.running[instance]; w != nil {
		w.more, w.late = true, w.acking
		return false
	}
	if search := s.sought[instance]; search != nil {
		search.newest = s.now
		return false
	}
	s.sought[instance] = &search{first: s.now, newest: s.now}
	return true
}

// missed notes that nobody here looks for an instance after all: its next message wakes somebody again.
func (s *instances) missed(instance string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sought, instance)
}

// ended notes the end of a turn, and says whether a message came during it, and whether one came during its ack.
func (s *instances) ended(instance string) (more, late bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.running[instance]; w != nil {
		more, late = w.more, w.late
	}
	delete(s.running, instance)
	return more, late
}
