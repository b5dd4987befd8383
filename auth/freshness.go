package auth

import (
	"sync/atomic"
	"time"
)

// freshness remembers that a token was found to need no renewal, for a second at most.
//
// Only the wall clock counts the time that the machine was asleep, but it takes twice as long to
// read as the monotonic clock. So the wall clock is read once per second, and the monotonic clock
// tells when the second is over. If a session is used all the time, a timer ends the second
// instead, and its requests read no clock.
type freshness struct {
	until atomic.Int64 // the end of the second, as a time.Duration since the interceptor was made
	timed atomic.Bool  // a timer will end the second
}

// holds reports whether the second has not ended yet. The interceptor was made at born.
func (f *freshness) holds(born time.Time) bool {
	return f.timed.Load() || time.Since(born) < time.Duration(f.until.Load())
}

// extend begins another second. The interceptor was made age ago, and the token is to be renewed
// after left.
func (f *freshness) extend(age, left time.Duration) {
	ended := time.Duration(f.until.Swap(int64(age + min(left, time.Second))))
	// A timer may be late, so none is used in the last seconds before a renewal.
	if ended > 0 && inUse(age-ended) && left > 3*time.Second && f.timed.CompareAndSwap(false, true) {
		time.AfterFunc(time.Second, func() { f.timed.Store(false) })
	}
}

// inUse reports whether a session is used all the time, judging by how long after the end of a
// second the next request came. If that is negative, another request has begun a new second.
func inUse(after time.Duration) bool { return after >= 0 && after < 100*time.Millisecond }
