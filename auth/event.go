package auth

import (
	"context"
	"log/slog"
	"time"
)

// EventKind is what happened to a session.
type EventKind uint8

// The kinds of events.
const (
	// SignedIn is a Login that succeeded.
	SignedIn EventKind = iota + 1
	// TokenRefreshed is a new token from the server. A token adopted from another process is no event.
	TokenRefreshed
	// RefreshFailed is a refresh that failed for now; Err is a [*RefreshError].
	RefreshFailed
	// SignedOut is the end of the session; Reason says why. After a Logout, Err is what kept the server from being
	// told.
	SignedOut
	// PersistFailed is a change that the store did not take; it is repeated. Err matches [ErrPersist].
	PersistFailed
)

// String names the kind in the style of log messages.
func (k EventKind) String() string {
	switch k {
	case SignedIn:
		return "signed in"
	case TokenRefreshed:
		return "token refreshed"
	case RefreshFailed:
		return "refresh failed"
	case SignedOut:
		return "signed out"
	case PersistFailed:
		return "persist failed"
	default:
		return "unknown event"
	}
}

// Event is something that happened to a session. It holds no token.
type Event struct {
	Kind    EventKind
	Account string
	Time    time.Time
	Expiry  time.Time // of the new token: SignedIn, TokenRefreshed; zero if not known
	Reason  Reason    // SignedOut
	Err     error
}

// String says it in one line.
func (e Event) String() string {
	s := e.Kind.String() + " (" + e.Account + ")"
	if e.Kind == SignedOut {
		s += ": " + e.Reason.String()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// LogValue is what package log/slog shows.
func (e Event) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

func (e Event) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("event", e.Kind.String()), slog.String("account", e.Account)}
	if !e.Expiry.IsZero() {
		attrs = append(attrs, slog.Time("expiry", e.Expiry))
	}
	if e.Kind == SignedOut {
		attrs = append(attrs, slog.String("reason", e.Reason.String()))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return attrs
}

// note puts what has happened in line for tell. The mutex is held, and was when it happened: so the line has the order in
// which things happened.
func (a *Interceptor) note(e Event) {
	e.Account, e.Time = a.config.Account, time.Now()
	a.events = append(a.events, e)
}

// tell empties the line, unless another goroutine is doing that. No lock is held.
func (a *Interceptor) tell() {
	for a.tellNext() {
	}
}

func (a *Interceptor) tellNext() bool {
	a.mu.Lock()
	if a.telling || len(a.events) == 0 {
		a.mu.Unlock()
		return false
	}
	e := a.events[0]
	a.events, a.telling = a.events[1:], true
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.telling = false
	}()
	a.emit(e)
	return true
}

// emit tells Logger and OnEvent.
func (a *Interceptor) emit(e Event) {
	level := slog.LevelInfo
	if e.Kind == RefreshFailed || e.Kind == PersistFailed {
		level = slog.LevelWarn
	}
	a.log(level, e.attrs()...)
	if a.config.OnEvent == nil {
		return
	}
	defer func() {
		if err := recovered("OnEvent", recover(), nil); err != nil {
			a.log(slog.LevelError, slog.String("error", err.Error()))
		}
	}()
	a.config.OnEvent(e)
}

// log writes a record. A handler that panics loses it, and nothing else.
func (a *Interceptor) log(level slog.Level, attrs ...slog.Attr) {
	defer func() { _ = recover() }()
	a.config.Logger.LogAttrs(context.Background(), level, "auth", attrs...)
}
