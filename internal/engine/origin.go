package engine

import "errors"

// Origin is what package chain notes about an error.
type Origin struct {
	// Transport reports whether the error is what the transport delivered, and no interceptor has
	// replaced or changed it.
	Transport bool
	// Bare leaves method and URL out of the message, for a caller that puts them before it.
	Bare bool
	// Cause is found by errors.Is and errors.As beside the error's own: what it replaced.
	Cause error
}

// With returns o with one more cause.
func (o Origin) With(cause error) Origin {
	o.Cause = errors.Join(o.Cause, cause)
	return o
}
