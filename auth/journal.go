package auth

import (
	"sync"
	"time"
)

// journal delivers events one at a time and in the order in which they happened.
//
// The mutex of state is held while an event is queued, since the order of the queue is the order of
// the changes; no lock is held while one is delivered, since OnEvent may call the interceptor.
type journal struct {
	mu         sync.Mutex
	queue      []Event
	delivering bool // a goroutine is in deliver
}

// enqueue adds events that have just happened.
func (j *journal) enqueue(events ...Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range events {
		e.Time = time.Now() // when it happened, which may be long before a slow OnEvent gets it
		j.queue = append(j.queue, e)
	}
}

// deliver hands out the queued events, unless another goroutine is doing that.
func (j *journal) deliver(to func(Event)) {
	for j.deliverNext(to) {
	}
}

// deliverNext hands out one event. It reports false if there is none, or another goroutine is at
// it: that one continues until the queue is empty, so nothing is left behind, and OnEvent may
// itself cause an event.
func (j *journal) deliverNext(to func(Event)) bool {
	j.mu.Lock()
	if j.delivering || len(j.queue) == 0 {
		j.mu.Unlock()
		return false
	}
	e := j.queue[0]
	if j.queue = j.queue[1:]; len(j.queue) == 0 {
		j.queue = nil // an idle session keeps no array of events
	}
	j.delivering = true
	j.mu.Unlock()
	// Deferred, since OnEvent may panic: otherwise nobody would deliver an event ever again.
	defer func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.delivering = false
	}()
	to(e)
	return true
}
