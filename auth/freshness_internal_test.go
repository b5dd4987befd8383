package auth

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestFreshness: a token found fresh counts as fresh for a second, but not beyond the time when it
// is to be renewed. In a session that is used all the time, a timer ends the second.
func TestFreshness(t *testing.T) {
	t.Parallel()
	const second = time.Second
	for _, c := range []struct {
		name  string
		pause time.Duration // between the end of one second and the next request
		left  time.Duration // until the renewal, at the second request
		timed bool
	}{
		{"used all the time", 10 * time.Millisecond, time.Hour, true},
		{"at the very end", 0, time.Hour, true},
		{"used now and then", time.Minute, time.Hour, false},
		{"once per second", 100 * time.Millisecond, time.Hour, false},
		{"soon to be renewed", 10 * time.Millisecond, 3 * second, false},
		{"about to be renewed", 10 * time.Millisecond, 10 * time.Millisecond, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var f freshness
				born := time.Now()
				<-time.After(second)
				if f.holds(born) {
					t.Error("holds before anyone has looked")
				}
				f.extend(time.Since(born), time.Hour)
				if !f.holds(born) || f.timed.Load() {
					t.Error("the first look: does not hold, or set a timer")
				}
				<-time.After(second + c.pause)
				if f.holds(born) {
					t.Error("holds for more than a second")
				}
				f.extend(time.Since(born), c.left)
				f.extend(time.Since(born), c.left) // another request at the same time
				if !f.holds(born) || f.timed.Load() != c.timed {
					t.Errorf("holds: %v, with a timer: %v", f.holds(born), f.timed.Load())
				}
				<-time.After(min(second, c.left))
				synctest.Wait()
				if f.holds(born) {
					t.Error("holds after its end")
				}
			})
		})
	}
}

// TestFreshness_timer: a timer does without the clock, and the first request starts none: it may
// be that of a short command.
func TestFreshness_timer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var timed, first freshness
		born := time.Now()
		timed.timed.Store(true)
		<-time.After(10 * time.Millisecond)
		if !timed.holds(born) {
			t.Error("does not hold while a timer runs")
		}
		first.extend(time.Since(born), time.Hour)
		if !first.holds(born) || first.timed.Load() {
			t.Error("the first request: does not hold, or set a timer")
		}
	})
}
