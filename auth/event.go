package auth

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// EventKind identifies what happened to a session.
type EventKind uint8

// The kinds of events.
const (
	// SignedIn is a Login that succeeded.
	SignedIn EventKind = iota + 1
	// TokenRefreshed is a new token from the server. A token adopted from another process is no
	// event.
	TokenRefreshed
	// RefreshFailed is a refresh that failed for now; Err is a [*RefreshError].
	RefreshFailed
	// SignedOut is the end of the session; Reason says why. After a Logout, Err is the error of
	// Config.Revoke, if any.
	SignedOut
	// PersistFailed is a change that the store did not take; it is repeated. Err matches
	// [ErrPersist].
	PersistFailed
	// StoreLost is a store that has lost its data. No user is signed out: sessions continue in
	// memory, and are stored again with their next refresh. Err is the store's.
	StoreLost
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
	case StoreLost:
		return "store lost"
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

// String returns a one-line description.
func (e Event) String() string {
	s := e.Kind.String() + " (" + e.Account + ")"
	if e.Kind == SignedOut {
		s += ": " + e.Reason.String()
	}
	if e.Err != nil {
		s += ": " + withoutPrefix(e.Err)
	}
	return s
}

// LogValue returns the form that package log/slog shows.
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

// deliver hands out the events that are queued. No lock may be held.
func (a *Interceptor) deliver() { a.journal.deliver(a.emit) }

// emit hands an event to Logger and OnEvent. A panic in either goes no further.
func (a *Interceptor) emit(e Event) {
	e.Account = a.account
	level := slog.LevelInfo
	if e.Kind == RefreshFailed || e.Kind == PersistFailed || e.Kind == StoreLost {
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

// logUnsigned explains at level debug why a request goes out without a token, which a newcomer
// whose client says "127.0.0.1" and whose configuration says "localhost" will look for.
func (a *Interceptor) logUnsigned(r *http.Request) {
	if !a.config.Logger.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	o, known := origin.Of(r.URL)
	_, own := a.origins.Match(r.URL, r.Host)
	var reason string
	switch {
	case own && a.names.Authorized(r.Header):
		reason = "not signed: the request has an Authorization header already"
	case own: // WithoutAuth
		return
	case known:
		reason = "not signed: origin " + o.String() + " is not configured"
	default:
		reason = "not signed: the URL has no origin that could be configured"
	}
	a.log(slog.LevelDebug, slog.String("event", reason), slog.String("account", a.account))
}

// log writes a record. A handler that panics loses it, and nothing else.
func (a *Interceptor) log(level slog.Level, attrs ...slog.Attr) {
	defer func() { _ = recover() }()
	a.config.Logger.LogAttrs(context.Background(), level, "auth", attrs...)
}
