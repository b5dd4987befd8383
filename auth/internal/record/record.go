// Package record is the stored form of a session.
//
// # Overview
//
// A [Record] is one token of one login, and what processes that share the store must tell each
// other about it. It is a JSON object; see docs/format.md. Its form is promised for all of 1.x:
// members are only added, and members that a later version added survive a rewrite.
//
// # Usage
//
//	r := record.New("default", "https://api.example.com", token, now)
//	data, err := r.Encode()
//	r, err = record.Decode(data, "default")
//	next := r.Rotate(refreshed, now)
//
// # Errors
//
// [Decode] wraps [ErrUnreadable]: the value is damaged, too new, or another account's.
//
// # Concurrency
//
// A Record is not changed after it was made; its methods return new ones.
//
// # Security
//
// A Record holds secrets in the clear, and prints none of them. Sealing it is the store's task.
package record

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// Record is a session as the store keeps it.
type Record struct {
	Session    string    // names the login; random, one for each
	Generation uint64    // counts the tokens of the login; the first is 1
	Obtained   time.Time // when the token arrived, by the local clock
	tokens.Token

	RetryAt    time.Time     // when the token endpoint may be asked again, by the clock that wrote it
	RetryAfter time.Duration // how long that was from then; no reader waits longer, whatever its clock
	Suspect    bool          // the refresh token was refused after a process had vanished in a refresh
	Ended      string        // why the session ended, in a tombstone, which has no tokens; else ""
	EndedAt    time.Time     // when, by the clock that wrote it; zero in tombstones of early versions
	Origin     string        // the server that the session was made for; "" in early versions

	Account string                     // a record under another key is refused
	unknown map[string]json.RawMessage // members that a later version added
}

// Name names a token. Both parts are stored, so it means the same in every process.
type Name struct {
	Session    string
	Generation uint64
}

// Name returns the name of the token.
func (r *Record) Name() Name { return Name{r.Session, r.Generation} }

// New begins a session that was made for the server at origin.
func New(account, origin string, t tokens.Token, now time.Time) *Record {
	t.Expiry = NormalizeTime(t.Expiry)
	return &Record{
		Account: account, Origin: origin, Session: rand.Text(), Generation: 1, Obtained: NormalizeTime(now), Token: t,
	}
}

// Rotate returns the record that follows r: the same session with the token that a refresh brought.
// What the response leaves out has not changed; what the store knew about the old token does not
// hold for the new one.
func (r *Record) Rotate(t tokens.Token, now time.Time) *Record {
	n := *r
	// The server need not issue a new refresh token (RFC 6749, section 6), nor repeat a scope that
	// is the same (section 5.1).
	t.RefreshToken = cmp.Or(t.RefreshToken, r.RefreshToken)
	t.TokenType = cmp.Or(t.TokenType, r.TokenType)
	t.Scope = cmp.Or(t.Scope, r.Scope)
	t.IDToken = cmp.Or(t.IDToken, r.IDToken)
	if t.Extra == nil {
		t.Extra = r.Extra
	}
	if t.ProofKey == nil {
		t.ProofKey = r.ProofKey
	}
	// A new token that has already expired says more about a clock than about the token. Without an
	// expiry it is used until the server refuses it; with this one it would be refreshed at once,
	// again and again.
	if t.Expiry = NormalizeTime(t.Expiry); !t.Expiry.After(now) {
		t.Expiry = time.Time{}
	}
	n.Token, n.Obtained = t, NormalizeTime(now)
	n.RetryAt, n.RetryAfter, n.Suspect = time.Time{}, 0, false
	n.Generation++
	return &n
}

// Throttle returns r with the token endpoint's request to wait.
func (r *Record) Throttle(wait time.Duration, now time.Time) *Record {
	n := *r
	n.RetryAt, n.RetryAfter = NormalizeTime(now.Add(wait)), wait
	return &n
}

// Throttled returns how long the token endpoint must not be asked. The clock may not be the one
// that wrote RetryAt, so the wait is never longer than the server asked for.
func (r *Record) Throttled(now time.Time) time.Duration {
	return min(max(r.RetryAt.Sub(now), 0), r.RetryAfter)
}

// Suspected returns r with the mark that its refresh token was refused once.
func (r *Record) Suspected() *Record {
	n := *r
	n.Suspect = true
	return &n
}

// Tombstone returns what is left of r when its session has ended: its name and the reason, but no
// token.
func (r *Record) Tombstone(ended string) *Record {
	return &Record{
		Account: r.Account, Session: r.Session, Generation: r.Generation, Obtained: r.Obtained, Origin: r.Origin, Ended: ended,
	}
}

// EndedBefore reports whether r is a tombstone of a session that ended before at. Early versions did
// not note when; the session's last token is older than its end.
func (r *Record) EndedBefore(at time.Time) bool {
	if r == nil || r.Ended == "" {
		return false
	}
	if r.EndedAt.IsZero() {
		return r.Obtained.Before(at)
	}
	return r.EndedAt.Before(at)
}

// Live returns r, or nil if r is nil or a tombstone.
func (r *Record) Live() *Record {
	if r == nil || r.Ended != "" {
		return nil
	}
	return r
}

// NormalizeTime returns a time that survives JSON: without the monotonic reading, so that time
// asleep counts, and zero if JSON cannot hold it.
func NormalizeTime(at time.Time) time.Time {
	at = at.Round(0).UTC()
	if at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}
	}
	return at
}
