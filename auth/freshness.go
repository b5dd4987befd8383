package auth

import (
	"sync/atomic"
	"time"
)

// freshness remembers that a token was found to need no renewal, for a second at most.
//
// Only the wall clock counts the time that the machine was asleep, but it takes twice as long to
// read as the monotonic clock. So the wall clock is read once per second, and the monotonic clock
// tells when the second is over. For a session in use all the time that is a reading per request,
// and a timer takes its place.
type freshness struct {
	until atomic.Int64 // a time.Duration that starts when the interceptor was made
	timed atomic.Bool  // a timer ends it
}

// holds reports whether the second is not over. The interceptor was made at born.
func (f *freshness) holds(born time.Time) bool {
	return f.timed.Load() || time.Since(born) < time.Duration(f.until.Load())
}

// extend begins another second, when the interceptor has existed for age and the token need not be
// renewed for left.
func (f *freshness) extend(age, left time.Duration) {
	ended := time.Duration(f.until.Swap(int64(age + min(left, time.Second))))
	// A timer may be late, so the last seconds before a renewal are the clock's.
	if ended > 0 && inUse(age-ended) && left > 3*time.Second && f.timed.CompareAndSwap(false, true) {
		time.AfterFunc(time.Second, func() { f.timed.Store(false) })
	}
}

// inUse reports whether a session is used all the time, if the first request after one second came
// so long after its end. A request that came before its end is one of several at once.
func inUse(after time.Duration) bool { return after >= 0 && after < 100*time.Millisecond }
