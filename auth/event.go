package auth

import (
	"context"
	"fmt"
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

// emit tells logger and OnEvent. No lock is held.
func (a *Interceptor) emit(e Event) {
	e.Account, e.Time = a.config.Account, time.Now()
	level := slog.LevelInfo
	if e.Kind == RefreshFailed || e.Kind == PersistFailed {
		level = slog.LevelWarn
	}
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
	a.config.Logger.LogAttrs(context.Background(), level, "auth", attrs...)
	if a.config.OnEvent == nil {
		return
	}
	var err error
	defer func() {
		if err != nil {
			a.config.Logger.LogAttrs(context.Background(), slog.LevelError, "auth", slog.String("error", err.Error()))
		}
	}()
	defer func() { err = recovered("OnEvent", recover(), err) }()
	a.config.OnEvent(e)
}

// recovered turns what recover returned after a call of the user's code into an error; err if that is nothing.
func recovered(what string, p any, err error) error {
	if p == nil {
		return err
	}
	return fmt.Errorf("auth: %s panicked: %v", what, p)
}
