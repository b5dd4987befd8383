package logging

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Outcome is the outcome of an attempt.
type Outcome struct {
	// Status of the response; 0 if there is none.
	Status int
	// Err is why the attempt failed: no response, a body that broke off, or what an interceptor
	// decided. Nil if it did not, whatever the status is.
	Err error
	// Kind is the class of Err.
	Kind interceptor.Kind
	// Attempt is its number within the call, from 1.
	Attempt int
	// Duration is how long it took; 0 if it has just begun.
	Duration time.Duration
}

// DefaultLevel is the default of [Config].Level:
//
//	Debug  it has just begun (Config.Requests)
//	Info   status below 400, or the caller canceled it
//	Warn   status 4xx
//	Error  status 5xx, or it failed
func DefaultLevel(o Outcome) slog.Level {
	switch {
	case o.Err != nil && o.Kind == interceptor.KindCanceled:
		return slog.LevelInfo
	case o.Err != nil || o.Status >= http.StatusInternalServerError:
		return slog.LevelError
	case o.Status >= http.StatusBadRequest:
		return slog.LevelWarn
	case o.Status == 0:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}
