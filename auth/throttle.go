package auth

import "time"

// throttle returns the record with the token endpoint's wish to be left alone for a while.
func (r *record) throttle(wait time.Duration, now time.Time) *record {
	n := *r
	n.RetryAt, n.RetryAfter = normalizeTime(now.Add(wait)), wait
	return &n
}

// throttled returns how long the token endpoint must not be asked. The clock may not be the one
// that wrote RetryAt, so the wait is never longer than the server asked for.
func (r *record) throttled(now time.Time) time.Duration {
	return min(max(r.RetryAt.Sub(now), 0), r.RetryAfter)
}
