package storagetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A crew is goroutines that use a store at the same time. They report to it and
// never to the test: a store that hangs lets them live longer than that, and then
// a word to the test would end the whole process.
type crew struct {
	group sync.WaitGroup
	steps atomic.Int64

	mu       sync.Mutex
	problems []string
}

func (c *crew) start(fn func()) { c.group.Go(fn) }

// step says that a goroutine has got on.
func (c *crew) step() { c.steps.Add(1) }

func (c *crew) errorf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// wait waits for the goroutines as long as they get on, and ends the test if
// they do not, or if one has reported a problem.
func (c *crew) wait(t *tester, what string) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.group.Wait()
	}()
	for {
		before := c.steps.Load()
		timer := time.NewTimer(t.patience())
		select {
		case <-done:
			timer.Stop()
			c.report(t)
			return
		case <-timer.C:
		}
		if c.steps.Load() == before {
			t.Errorf("%s: no progress for %v", what, t.patience())
			c.report(t)
			t.FailNow()
		}
	}
}

func (c *crew) report(t *tester) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.problems {
		t.Error(p)
	}
	if t.Failed() {
		t.FailNow()
	}
}
