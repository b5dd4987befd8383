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
//   - What the user did in this process wins over everything: a token that arrives after a Logout
//     is not used, but revoked.
//   - Then, if the lock was lost, what its next holder has stored. It may have spent the refresh
//     token, so the server's refusal means little.
//   - Then the server's word, if it was asked. It was asked under the lock, so no other process
//     can have stored a newer token, and only a refusal of the very token that is stored ends the
//     session.
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
	case errors.Is(f.err, errUnrefreshable): // it was not even asked
		return f.dead(ReasonNoRefreshToken, nil)
	case dead && f.interrupted && f.stored != nil && !f.stored.Suspect:
		return f.suspect() // once; the next refusal counts
	case dead:
		return f.dead(ReasonInvalidGrant, f.err)
	case f.err != nil:
		return f.failed(f.err)
	default:
		return f.refreshed()
	}
}

// byStore decides by what the store holds, before the server is asked. An empty store means that
// another process has logged out, unless the store itself reports that it has lost its data: then
// the session goes on, and its next token is stored again.
func (f facts) byStore() outcome {
	switch {
	case f.stored == nil && f.policy.wiped && f.saveErr == nil:
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

// pointless is a refresh of a session that a Login or Logout has replaced in the meantime. If the
// server was asked, the lock is held, and what is stored is the old session: a Logout may have
// given up waiting for the lock, so the record is deleted on its behalf; a Login waits for the
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

// dead ends the session, which nothing can renew. It ends in memory even if the store fails: the
// record is deleted later, and until then it says no more than that the server refuses it.
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
// A wait that the server asks for is stored: it is meant for all processes, not for this one.
func (f facts) failed(cause error) outcome {
	n := newFailure(f.session.failure, cause, f.at)
	o := outcome{
		failure: n, unhelpful: f.asked,
		events: []Event{{Kind: RefreshFailed, Err: n.err}},
	}
	if asked := retryAfter(cause); f.asked && f.stored != nil && asked > 0 {
		o.step, o.write = save, f.stored.Throttle(asked, f.at)
	}
	return o
}

// refreshed goes on with the server's token. A store that does not take it does not stop the work:
// the token lives in memory, and is saved later. Throwing it away would lose the session, since the
// refresh token is spent.
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
	if f.saveErr != nil {
		o.pending = &pendingSave{record: o.next, session: o.next.Session}
		o.events = append(o.events, Event{Kind: PersistFailed, Err: persistError("save", f.saveErr)})
	}
	return o
}

// unused is the token that the server gave and that is to be revoked. If the server did not rotate
// the refresh token, it is the old one.
func (f facts) unused() *Token {
	t := Token(f.session.Rotate(tokens.Token(f.token), f.at).Token)
	return &t
}

// mintedGap is how far a minted token is ahead of the one that it replaces. Other processes may have
// refreshed that one, some times, without having been able to save what they got: those tokens are
// dead as well, must not be taken for the minted one, and must not be saved over it.
const mintedGap = 1 << 10

// otherLogin is a record of another login. It is adopted only if it certainly is of the same user:
// the tokens name the same subject, or, where they name none, the account stands for the user. A
// request of one user must never be sent with the token of another.
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

// over ends the session. The event and the waiters get the same words.
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
		o.revoke = f.unused() // whoever ended the session did not know this one
	}
	return o
}

// suspectTime is how long a refused refresh token is kept if a process that has vanished may have
// spent it: that process may be asleep, and wake up with the new token.
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
