package wait

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestBudget: a freeze costs one step, and leaves one.
func TestBudget(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before budget
		took   time.Duration
		want   budget
	}{
		"a step":               {budget{time: 8}, 1, budget{time: 7}},
		"the last one":         {budget{time: 1}, 1, budget{}},
		"less than one":        {budget{time: 0}, 0, budget{}},
		"late":                 {budget{time: 8}, 2, budget{time: 7}},
		"frozen":               {budget{time: 8}, 1000, budget{time: 7}},
		"frozen at the end":    {budget{time: 1}, 1000, budget{time: 1, extended: true}},
		"frozen at it twice":   {budget{time: 1, extended: true}, 1000, budget{extended: true}},
		"frozen, more is left": {budget{time: 2}, 1000, budget{time: 1}},
	} {
		if got := c.before.after(1, c.took); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// TestAwake: where nothing freezes the process it is an ordinary timeout.
func TestAwake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, d := range []time.Duration{0, 1, 7, time.Second, 30*time.Second + 1} {
			ctx, cancel := WhileAwake(t.Context(), d)
			begin := time.Now()
			if at, ok := ctx.Deadline(); !ok || at.Sub(begin) != d {
				t.Errorf("%v: the deadline is in %v", d, at.Sub(begin))
			}
			if d > 1 {
				<-time.After(d - 1)
				synctest.Wait()
				if ctx.Err() != nil {
					t.Errorf("%v: it ended too early", d)
				}
			}
			child, cancelChild := context.WithCancel(ctx)
			<-child.Done()
			if took := time.Since(begin); took != d {
				t.Errorf("%v: it took %v", d, took)
			}
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.Is(context.Cause(child), context.DeadlineExceeded) {
				t.Errorf("%v: %v, %v", d, ctx.Err(), context.Cause(child))
			}
			cancelChild()
			cancel()
		}
		parent, cancelParent := context.WithTimeout(t.Context(), time.Second)
		ctx, cancel := WhileAwake(parent, time.Minute)
		if at, ok := ctx.Deadline(); !ok || time.Until(at) != time.Second {
			t.Errorf("the deadline of its parent: %v", at)
		}
		cancelParent()
		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("its parent ended: %v", ctx.Err())
		}
		cancel()
		ctx, cancel = WhileAwake(t.Context(), time.Minute)
		cancel()
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("canceled: %v", ctx.Err())
		}
	})
}
