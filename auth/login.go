package auth

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// Login starts a session with t and stores it. It replaces any existing session, after waiting for
// a refresh in progress. Call Logout first if that session may belong to another user. If the
// access token is a JWT, its expiry is used when t.Expiry is zero, implausible, or later. If Login
// returns an error, nothing has changed; [ErrPersist] says that the store did not take the session.
func (a *Interceptor) Login(ctx context.Context, t Token) error {
	if err := t.check(a.config.SetCredential == nil); err != nil {
		return err
	}
	// Such a token would be refused by every request. Said here, it is the program's mistake; said
	// by the server later, it would look like an expired session.
	if t.scheme() == "DPoP" && a.config.SetCredential == nil && !a.proves(t) {
		a.log(slog.LevelDebug, slog.String("event", "login refused"), slog.String("account", a.account), slog.String("hint", hintProofs))
		return errNoProofs
	}
	switch t.scheme() {
	case "Bearer", "DPoP", "MAC", "Basic": // those that x/oauth2 knows
	default:
		a.config.Logger.DebugContext(ctx, "auth: unknown token_type, sent unchanged", slog.String("token_type", t.scheme()))
	}
	now := time.Now()
	t.Expiry = loginExpiry(t, now)
	r := record.New(a.account, a.origins[0].String(), tokens.Token(t), now)
	if err := a.commitLogin(ctx, r); err != nil {
		return persistError("save", err)
	}
	a.deliver()
	return nil
}

// loginExpiry returns the expiry of a token that the program brings. That of the token itself
// counts if it is a JWT and ends earlier, or if the program's is absurd: milliseconds taken for
// seconds, say.
func loginExpiry(t Token, now time.Time) time.Time {
	own := tokens.JWTExpiry(t.AccessToken, now, time.Time{})
	switch {
	case t.Expiry.IsZero(), t.Expiry.Sub(now) > maxLifetime, !own.IsZero() && own.Before(t.Expiry):
		return own
	default:
		return t.Expiry
	}
}

// maxLifetime is the longest lifetime of a token that is believed.
const maxLifetime = 10 * 365 * 24 * time.Hour

// commitLogin stores the session, then makes it known: a request must not use a session that a
// crash would lose. A refresh that meets the record in between waits for the outcome
// (waitForLogin).
func (a *Interceptor) commitLogin(ctx context.Context, r *record.Record) error {
	unlock, err := a.lockWrites(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	// From here on a reader that meets the record in the store knows that it is ours.
	a.state.setCommitting(r.Session)
	err = a.persist.replace(ctx, func(context.Context, []byte) ([]byte, error) {
		// Now, not when Login was called: it may have waited for a refresh, and a Logout that could
		// not read the store deletes what was obtained before it was called.
		r.Obtained = record.NormalizeTime(time.Now())
		return r.Encode()
	})
	if err != nil {
		a.state.setCommitting("")
		return err
	}
	a.persist.wiped.Store(false) // the store has a session again; if it is empty next, that is a logout
	s := newSession(r, "", a.policy)
	a.state.commitLogin(s, Event{Kind: SignedIn, Expiry: r.Expiry})
	return nil
}

// errNoProofs reaches the person who signs in, so it does not say what to change in the program;
// the log does.
var errNoProofs = errors.New("auth: the token is of the type DPoP, and this program cannot prove that it has the key of the token")

const hintProofs = "set Config.Prover to dpop.New(), get the token with the transport of a dpop.Key, " +
	"and give Login what Key.Bind returns"
