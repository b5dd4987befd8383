package wait

import (
	"context"
	"sync"
	"time"
)

// awake is a context with a timeout that counts only while the process runs.
type awake struct {
	context.Context

	cancel context.CancelCauseFunc
	step   time.Duration

	mu      sync.Mutex
	left    budget
	counted time.Time // when left was last reduced
	timer   *time.Timer
	expired bool
}

// steps is how many parts a timeout is counted in. However long the process is frozen, that costs
// one of them.
const steps = 8

// WhileAwake returns a context that ends after d, like that of [context.WithTimeout], but counts
// the time only while the process runs. A sandbox that freezes the process, or Ctrl-Z, must not end
// a refresh: the response with the new token arrives meanwhile, and an ordinary timeout would
// expire, and throw it away, at the very moment when the process resumes.
func WhileAwake(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	w := &awake{
		Context: ctx, cancel: cancel, step: max(d/steps, 1), left: budget{time: d}, counted: time.Now(),
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(w.left.next(w.step), w.count)
	return w, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.timer.Stop()
		cancel(nil)
	}
}

// count reduces what is left by a step.
func (w *awake) count() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.Context.Err() != nil {
		return
	}
	now := time.Now()
	w.left = w.left.after(w.step, now.Sub(w.counted))
	w.counted = now
	if w.left.time > 0 {
		w.timer.Reset(w.left.next(w.step))
		return
	}
	w.expired = true
	w.cancel(context.DeadlineExceeded)
}

// Deadline returns when the context ends if the process is not frozen until then.
func (w *awake) Deadline() (time.Time, bool) {
	w.mu.Lock()
	mine := w.counted.Add(w.left.time)
	w.mu.Unlock()
	if parents, ok := w.Context.Deadline(); ok && parents.Before(mine) {
		return parents, true
	}
	return mine, true
}

// Err returns why the context has ended.
func (w *awake) Err() error {
	err := w.Context.Err()
	if err == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.expired {
		return context.DeadlineExceeded
	}
	return err
}

// budget is what is left of a timeout.
type budget struct {
	time     time.Duration
	extended bool
}

// next is how long to wait before what is left is reduced.
func (b budget) next(step time.Duration) time.Duration { return min(step, b.time) }

// after returns what is left after a step that took a while. A step that took far longer was no
// step: the process was frozen. Then a whole one is left at least, once, so that what arrived
// meanwhile is dealt with.
func (b budget) after(step, took time.Duration) budget {
	waited := b.next(step)
	b.time -= waited
	if waited > 0 && took > 2*waited && b.time < step && !b.extended {
		return budget{time: step, extended: true}
	}
	return b
}
