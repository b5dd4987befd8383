package auth

import (
	"slices"
	"time"
)

// failure is a refresh that failed.
type failure struct {
	err   *RefreshError
	at    time.Time // by the wall clock, so that time asleep counts
	count int       // in a row
}

const (
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// backoff is how long a request that needs the refresh is refused after the failure: as long as the server asked, or
// twice as long each time, beginning with the second failure.
func (f *failure) backoff() time.Duration {
	if f.err.RetryAfter > 0 {
		return f.err.RetryAfter
	}
	if f.count < 2 {
		return 0
	}
	return min(firstBackoff<<min(f.count-2, 10), maxBackoff)
}

// rest is how much of the backoff is left.
func (f *failure) rest(now time.Time) time.Duration { return f.left(f.backoff(), now) }

// eagerRest is how much is left of the longer wait before the next refresh ahead of time, which nobody waits for.
func (f *failure) eagerRest(now time.Time) time.Duration {
	return f.left(max(f.backoff(), maxBackoff), now)
}

// stands tells whether the failure is still the answer to a request that was on its way when it happened.
func (f *failure) stands(now time.Time) bool { return f.eagerRest(now) > 0 }

func (f *failure) left(wait time.Duration, now time.Time) time.Duration {
	passed := now.Round(0).Sub(f.at)
	if passed < 0 { // the clock was set back
		return 0
	}
	return max(wait-passed, 0)
}

// window is the times of attempts that did not help.
type window []time.Time

// add counts an attempt.
func (w *window) add(now time.Time) { *w = append(*w, now) }

// wait is how long it is until the next attempt may be made.
func (w *window) wait(now time.Time, limit RefreshWindow) time.Duration {
	*w = slices.DeleteFunc(*w, func(t time.Time) bool { return now.Sub(t) >= limit.Interval })
	if limit.MaxAttempts < 0 || len(*w) < limit.MaxAttempts {
		return 0
	}
	return limit.Interval - now.Sub((*w)[len(*w)-limit.MaxAttempts])
}
