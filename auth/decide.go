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
//   - What the user did in this process comes first: a token that arrives after a Logout is not
//     used, but revoked.
//   - If the lock was lost, what its next holder has stored comes next. That holder may have spent
//     the refresh token, so a refusal by the server means little.
//   - If the Refresher was called, its result comes next. It was called under the lock, so no other
//     process can have stored a newer token, and only a refusal of the very token that is stored
//     ends the session.
//   - A failure comes next. It never ends the session.
//   - What another process has stored comes last. It may make calling the Refresher unnecessary.
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
		return f.failed(f.storeErr)
	default:
		return f.byStore()
	}
}

// byServer decides by the result of the Refresher.
func (f facts) byServer() outcome {
	switch dead := errors.Is(f.err, ErrInvalidGrant); {
	case errors.Is(f.err, errUnrefreshable): // the server was not even asked
		return f.dead(ReasonNoRefreshToken, nil)
	case dead && f.interrupted && f.stored != nil && !f.stored.Suspect:
		return f.suspect() // only once: the next refusal counts
	case dead:
		return f.dead(ReasonInvalidGrant, f.err)
	case f.err != nil:
		return f.failed(f.err)
	default:
		return f.refreshed()
	}
}

// byStore decides by what the store holds, before the Refresher is called. An empty store means
// that another process has logged out, unless the store has reported that it lost its data. In that
// case the session is kept, and its next token is stored again.
func (f facts) byStore() outcome {
	switch {
	case f.stored == nil && f.policy.wiped && f.storeErr == nil:
		return outcome{step: ask}
	case f.stored == nil && f.policy.wiped:
		return f.failed(f.storeErr)
	case f.stored.Live() == nil:
		return over(endOf(f.stored, f.session.Session), nil)
	case f.stored.Session != f.session.Session:
		return f.otherLogin()
	case f.newer():
		return outcome{next: f.stored, loaded: true}
	case f.stored.Throttled(f.at) > 0:
		return f.failed(&RefreshError{RetryAfter: f.stored.Throttled(f.at), Err: errThrottled})
	case f.storeErr != nil: // the store gave up before the server was asked
		return f.failed(f.storeErr)
	default:
		return outcome{step: ask}
	}
}

// pointless decides for a refresh of a session that a Login or Logout has replaced in the meantime.
// If the Refresher was called, the lock is held and the old session is stored. A Logout may have
// given up waiting for the lock, so the record is deleted on its behalf. A Login waits for the
// lock, and stores its session afterwards.
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

// dead ends a session that nothing can renew. It ends in memory even if the store fails; the record
// is deleted later. Until then the record does no harm, because the server refuses its tokens.
func (f facts) dead(why Reason, cause error) outcome {
	o := over(why, cause)
	o.step = remove
	if f.storeErr != nil {
		o.pending = &pendingSave{session: f.session.Session, reason: why}
		o.events = append(o.events, Event{Kind: PersistFailed, Err: persistError("delete", f.storeErr)})
	}
	return o
}

// failed keeps the session. Only refreshes that reached the Refresher count in the refresh window.
// If the server asks for a wait, that is stored: it is meant for all processes, not only for this
// one.
func (f facts) failed(cause error) outcome {
	n := newFailure(f.session.failure, cause, f.at)
	o := outcome{
		failure: n, unhelpful: f.asked,
		events: []Event{{Kind: RefreshFailed, Err: n.err}},
	}
	if wait := retryAfter(cause); f.asked && f.stored != nil && wait > 0 {
		o.step, o.write = save, f.stored.Throttle(wait, f.at)
	}
	return o
}

// refreshed continues the session with the server's token. If the store fails, the token stays in
// memory and is saved later. Throwing it away would lose the session, since the refresh token is
// spent.
func (f facts) refreshed() outcome {
	t := f.token
	if t.Expiry.IsZero() {
		t.Expiry = tokens.JWTExpiry(t.AccessToken, f.at, time.Time{})
	}
	o := outcome{step: save, next: f.session.Rotate(tokens.Token(t), f.at)}
	if f.minted { // nothing of the dead refresh token remains, not even its key
		o.next.RefreshToken, o.next.ProofKey = t.RefreshToken, t.ProofKey
		o.next.Generation = f.session.Generation + mintedGap
	}
	o.write = o.next
	o.events = []Event{{Kind: TokenRefreshed, Expiry: o.next.Expiry}}
	if f.storeErr != nil {
		o.pending = &pendingSave{record: o.next, session: o.next.Session}
		o.events = append(o.events, Event{Kind: PersistFailed, Err: persistError("save", f.storeErr)})
	}
	return o
}

// unused returns the token that the server issued, to be revoked. If the server did not rotate the
// refresh token, it contains the old one.
func (f facts) unused() *Token {
	t := Token(f.session.Rotate(tokens.Token(f.token), f.at).Token)
	return &t
}

// mintedGap is how many generations a minted token is ahead of the token that it replaces. Other
// processes may have refreshed that token several times without being able to save the result.
// Those tokens are dead as well: they must not be taken for the minted one, or be saved over it.
const mintedGap = 1 << 10

// otherLogin decides for a record of another login. It is adopted only if it certainly belongs to
// the same user: the tokens name the same subject, or, if they name none, the account stands for
// the user. A request of one user must never be sent with the token of another.
func (f facts) otherLogin() outcome {
	a, b := f.session.AccessToken, f.stored.AccessToken
	if tokens.SameSubject(a, b) || f.policy.accountIsUser && !tokens.OtherSubject(a, b) {
		return outcome{next: f.stored, loaded: true}
	}
	return over(ReasonReplaced, nil)
}

// newer reports whether another process has refreshed the session. If the stored record has the
// same generation and another refresh token, two processes have refreshed the same token, and the
// other one was the last to save.
func (f facts) newer() bool {
	return f.stored.Generation > f.session.Generation ||
		f.stored.Generation == f.session.Generation && f.stored.RefreshToken != f.session.RefreshToken
}

// over ends the session. The event and the callers get the same reason.
func over(why Reason, cause error) outcome {
	return outcome{
		ended:  &LoginRequiredError{Reason: why, Err: cause},
		events: []Event{{Kind: SignedOut, Reason: why, Err: cause}},
	}
}

// afterLoss decides for a refresh that lost the lock while it ran. What another process has stored
// since takes precedence. If nothing new is stored, this refresh counts, and its token, if it has
// one, becomes a pending save.
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
		return f.failed(cmp.Or(f.err, f.storeErr))
	}
	if f.asked && f.err == nil {
		o.revoke = f.unused() // the process that ended the session did not know this token
	}
	return o
}

// suspectTime is how long a refused refresh token is kept if a process that vanished may have spent
// it. That process may be asleep, and may wake up with the new token.
const suspectTime = 30 * time.Second

var errSuspect = errors.New("the refresh token was refused after another process had vanished " +
	"in the middle of a refresh; waiting for that process")

// suspect keeps a session whose refresh token was refused, until the refusal is certain. The mark
// is stored, so that the next refusal counts in whichever process it happens.
func (f facts) suspect() outcome {
	o := f.failed(&RefreshError{RetryAfter: suspectTime, Err: errSuspect})
	o.write = o.write.Suspected()
	return o
}
