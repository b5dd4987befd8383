package auth

import (
	"cmp"
	"errors"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// decide says what the facts mean. It is a pure function; TestDecide is its table.
//
// The order of the cases is the order of precedence:
//
//   - What the user did in this process wins over everything: a token that arrives after a Logout is
//     not used, but revoked.
//   - Then, if the lock was lost, what its next holder has stored. The server's refusal means little then.
//   - Then the server's word, if it was asked. It was asked under the lock, so nobody can have stored
//     a newer token, and only a refusal of the very token that is stored ends the session.
//   - Then a failure. It never ends the session.
//   - Last what another process stored, which makes asking the server unnecessary.
func decide(f facts) outcome {
	switch {
	case f.superseded:
		return f.pointless()
	case f.lost:
		return f.afterLoss()
	case f.asked:
		return f.byServer()
	case f.err != nil:
		return f.failed(f.err)
	case !f.read:
		return f.failed(f.saveErr)
	default:
		return f.byStore()
	}
}

// byServer decides by what the server said.
func (f facts) byServer() outcome {
	switch dead := errors.Is(f.err, ErrInvalidGrant); {
	case errors.Is(f.err, errUnrefreshable):
		return f.dead(ReasonNoRefreshToken, nil)
	case dead && f.interrupted && f.stored != nil && !f.stored.Suspect:
		return f.suspect()
	case dead:
		return f.dead(ReasonInvalidGrant, f.err)
	case f.err != nil:
		return f.failed(f.err)
	default:
		return f.refreshed()
	}
}

// byStore decides by what the store holds, before the server is asked.
func (f facts) byStore() outcome {
	switch {
	case f.stored == nil && f.policy.wiped && f.saveErr == nil: // nobody logged out
		return outcome{step: ask}
	case f.stored == nil && f.policy.wiped:
		return f.failed(f.saveErr)
	case f.stored.Live() == nil:
		return over(endOf(f.stored, f.session.Session), nil)
	case f.stored.Session != f.session.Session:
		return f.otherLogin()
	case f.newer():
		return outcome{next: f.stored, loaded: true}
	case f.stored.Throttled(f.at) > 0:
		return f.failed(&RefreshError{RetryAfter: f.stored.Throttled(f.at), Err: errThrottled})
	case f.saveErr != nil: // the store gave up before the server was asked
		return f.failed(f.saveErr)
	default:
		return outcome{step: ask}
	}
}

// pointless is a refresh of a session that a Login or Logout has replaced in the meantime. The
// Logout may have given up waiting for the lock, so the record is deleted on its behalf; a Login
// waits for it.
func (f facts) pointless() outcome {
	switch {
	case !f.asked:
		return outcome{}
	case f.err != nil:
		return outcome{step: remove}
	default:
		return outcome{step: remove, revoke: f.unused()}
	}
}

// dead ends the session, which nothing can renew. If the store does not let the record go, it is
// deleted later.
func (f facts) dead(why Reason, cause error) outcome {
	o := over(why, cause)
	o.step = remove
	if f.saveErr != nil {
		o.pending = &pendingSave{session: f.session.Session, reason: why}
		o.events = append(o.events, Event{Kind: PersistFailed, Err: persistError("delete", f.saveErr)})
	}
	return o
}

// failed keeps the session. Only refreshes that reached the Refresher count in the refresh window.
func (f facts) failed(cause error) outcome {
	n := newFailure(f.session.failure, cause, f.at)
	o := outcome{
		failure: n, unhelpful: f.asked,
		events: []Event{{Kind: RefreshFailed, Err: n.err}},
	}
	if wait := retryAfter(cause); f.asked && f.stored != nil && wait > 0 { // for all processes
		o.step, o.write = save, f.stored.Throttle(wait, f.at)
	}
	return o
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

// refreshed goes on with the server's token. A store that does not take it does not stop the work:
// the token lives in memory, and is saved later.
func (f facts) refreshed() outcome {
	t := f.token
	if t.Expiry.IsZero() {
		t.Expiry = tokens.JWTExpiry(t.AccessToken, f.at, time.Time{})
	}
	o := outcome{step: save, next: f.session.Rotate(tokens.Token(t), f.at)}
	if f.minted { // nothing of the dead token remains
		o.next.RefreshToken, o.next.ProofKey = t.RefreshToken, t.ProofKey
	}
	o.write = o.next
	o.events = []Event{{Kind: TokenRefreshed, Expiry: o.next.Expiry}}
	if f.saveErr != nil {
		o.pending = &pendingSave{record: o.next, session: o.next.Session}
		o.events = append(o.events, Event{Kind: PersistFailed, Err: persistError("save", f.saveErr)})
	}
	return o
}

// unused is the token that the server gave, with the old refresh token if that is still the one, to
// be revoked.
func (f facts) unused() *Token {
	t := Token(f.session.Rotate(tokens.Token(f.token), f.at).Token)
	return &t
}

// otherLogin is a record of another login. It is adopted only if it certainly is of the same user:
// the tokens name the same subject, or, where they name none, the account stands for the user.
func (f facts) otherLogin() outcome {
	a, b := f.session.AccessToken, f.stored.AccessToken
	if tokens.SameSubject(a, b) || f.policy.accountIsUser && !tokens.OtherSubject(a, b) {
		return outcome{next: f.stored, loaded: true}
	}
	return over(ReasonReplaced, nil)
}

// newer reports whether another process has refreshed the session. A record of the same generation
// with another refresh token is that of a process whose save came late: its token was stored last.
func (f facts) newer() bool {
	return f.stored.Generation > f.session.Generation ||
		f.stored.Generation == f.session.Generation && f.stored.RefreshToken != f.session.RefreshToken
}

// over ends the session.
func over(why Reason, cause error) outcome {
	return outcome{
		ended:  &LoginRequiredError{Reason: why, Err: cause},
		events: []Event{{Kind: SignedOut, Reason: why, Err: cause}},
	}
}

// afterLoss is a refresh that lost the lock while it ran: what another process has stored since
// wins. If it has stored nothing, the token of this one, if there is any, waits for the store.
func (f facts) afterLoss() outcome {
	var o outcome
	switch {
	case f.stored.Live() == nil:
		o = over(endOf(f.stored, f.session.Session), nil)
	case f.stored.Session != f.session.Session:
		o = f.otherLogin()
	case f.newer():
		return outcome{next: f.stored, loaded: true}
	case f.asked && f.err == nil:
		return f.refreshed()
	default:
		return f.failed(cmp.Or(f.err, f.saveErr))
	}
	if f.asked && f.err == nil {
		o.revoke = f.unused() // nobody knows this one
	}
	return o
}

// suspectTime is how long a refused refresh token is kept if a process that has vanished may have
// spent it: that process may be asleep, and wake up with the new token.
const suspectTime = 30 * time.Second

var errSuspect = errors.New("the refresh token was refused after another process had vanished " +
	"in the middle of a refresh; waiting for that process")

// suspect keeps a session whose refresh token was refused, until the refusal is certain.
func (f facts) suspect() outcome {
	o := f.failed(&RefreshError{RetryAfter: suspectTime, Err: errSuspect})
	o.write = o.write.Suspected()
	return o
}
