package auth

import (
	"errors"
	"slices"
	"time"
)

// failure is a refresh that failed for now. It decides when the next one may start.
type failure struct {
	err   *RefreshError
	at    time.Time // by the wall clock, so that time asleep counts
	count int       // in a row
}

const (
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// newFailure returns the failure that follows last, which may be nil. Its error says when to try
// again.
func newFailure(last *failure, cause error, now time.Time) *failure {
	f := &failure{err: newRefreshError(cause), at: now.Round(0), count: 1}
	if last != nil {
		f.count += last.count
	}
	f.err.RetryAfter = f.backoff()
	return f
}

// backoff is how long a request that needs a refresh is refused after the failure: for as long as
// the server asked, else twice as long each time, from the second failure on.
func (f *failure) backoff() time.Duration {
	if f.err.RetryAfter > 0 {
		return f.err.RetryAfter
	}
	if f.count < 2 {
		return 0
	}
	return min(firstBackoff<<min(f.count-2, 10), maxBackoff)
}

// wait is how long the next refresh has to wait. Nobody waits for a refresh ahead of time, so it
// can wait longer.
func (f *failure) wait(t trigger, now time.Time) time.Duration {
	if t == early {
		return f.left(max(f.backoff(), maxBackoff), now)
	}
	return f.left(f.backoff(), now)
}

// stands reports whether the failure also holds for a request that was under way when it happened.
func (f *failure) stands(now time.Time) bool { return f.wait(early, now) > 0 }

// left is how much of a wait remains. A clock that was set back ends it: else a session could be
// locked out for as long as the clock was wrong. The price is one refresh too early.
func (f *failure) left(wait time.Duration, now time.Time) time.Duration {
	passed := now.Round(0).Sub(f.at)
	if passed < 0 {
		return 0
	}
	return max(wait-passed, 0)
}

// window holds the times of refreshes that did not help: the server gave a token and then refused
// it. No backoff slows those down, since no refresh has failed.
type window []time.Time

// add counts one.
func (w *window) add(now time.Time) { *w = append(*w, now) }

// wait returns how long it is until the next refresh may start.
func (w *window) wait(now time.Time, limit RefreshWindow) time.Duration {
	*w = slices.DeleteFunc(*w, func(t time.Time) bool { return now.Sub(t) >= limit.Interval })
	if limit.MaxAttempts < 0 || len(*w) < limit.MaxAttempts {
		return 0
	}
	// One more may start when so many have left the interval that fewer than allowed are in it.
	return limit.Interval - now.Sub((*w)[len(*w)-limit.MaxAttempts])
}

// errThrottled is the reason not to ask a token endpoint that has asked another process to wait.
var errThrottled = errors.New("the token endpoint asked to wait")

// retryAfter returns how long the server asked to wait; 0 if it did not.
func retryAfter(err error) time.Duration {
	if re, ok := errors.AsType[*RefreshError](err); ok {
		return re.RetryAfter
	}
	return 0
}
