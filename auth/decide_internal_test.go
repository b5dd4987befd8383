package auth

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

var (
	t0      = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
	errDisk = errors.New("disk full")
	errDead = fmt.Errorf("status 400: %w", ErrInvalidGrant)
)

// jwtOf is an access token of a user; n makes it another one.
func jwtOf(subject string, n int) string {
	payload := fmt.Sprintf(`{"sub":%q,"n":%d}`, subject, n)
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".x"
}

// recordOf is a stored record.
func recordOf(session string, generation uint64, access, refresh string) *record.Record {
	return &record.Record{
		Account: "default", Session: session, Generation: generation, Obtained: t0,
		Token: tokens.Token{AccessToken: access, RefreshToken: refresh},
	}
}

// summary is an outcome in one line: what is stored, what is published, what the callers get, what
// is reported, what is to be repeated, and what is revoked.
func summary(s *session, o outcome) string { return summaryWith(s, o, policy{}) }

func summaryWith(s *session, o outcome, p policy) string {
	parts := []string{map[step]string{keep: "keep", ask: "ask", save: "save", remove: "remove"}[o.step]}
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch n := o.successor(s, p); {
	case n == nil:
		add("nothing")
	case !n.signedIn():
		add("out(%s of %s)", n.reason, n.ended)
	case n.failure != nil:
		add("failed(%d)", n.failure.count)
	default:
		add("%s/%d %s %s user=%s loaded=%v", n.Session, n.Generation, n.AccessToken, n.RefreshToken, n.user, n.loaded)
	}
	for _, known := range []error{ErrLoginRequired, ErrRefreshFailed, ErrInvalidGrant, ErrExcessiveRefresh, errDown, errDisk, errThrottled, errSuspect} {
		if errors.Is(o.err(), known) {
			add("%s", withoutPrefix(known))
		}
	}
	for _, e := range o.events {
		add("[%s]", strings.TrimSpace(e.Kind.String()+" "+e.Reason.String()))
	}
	if p := o.pending; p != nil {
		add("pending(%s, record %v)", p.session, p.record != nil)
		if p.record == nil {
			parts[len(parts)-1] += " " + p.reason.String()
		}
	}
	if o.next != nil && o.step == save && o.write != o.next {
		add("writes something else")
	}
	if o.unhelpful {
		add("unhelpful")
	}
	if o.failure != nil && o.failure.err.RetryAfter > 0 {
		add("after %v", o.failure.err.RetryAfter)
	}
	if o.failure != nil && o.write != nil {
		add("wait %v", o.write.Throttled(o.failure.at))
		if o.write.Suspect {
			parts[len(parts)-1] += " suspect"
		}
	}
	if o.revoke != nil {
		add("revoke %s %s", o.revoke.AccessToken, o.revoke.RefreshToken)
	}
	return strings.Join(parts, " · ")
}

// TestDecide is the table of what a refresh means.
func TestDecide(t *testing.T) {
	t.Parallel()
	alice := jwtOf("alice", 1)
	s := newSession(recordOf("S", 2, alice, "r2"), "U", policy{})
	token := Token{AccessToken: "new", RefreshToken: "r3"}
	const rotated = "S/3 new r3 user=U loaded=false"
	for name, test := range map[string]struct {
		facts facts
		want  string
	}{
		"the store holds the session": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2")},
			"ask · nothing",
		},
		"the store holds an older generation": { // the newer one is waiting to be saved
			facts{read: true, stored: recordOf("S", 1, "a1", "r1")},
			"ask · nothing",
		},
		"another process refreshed": {
			facts{read: true, stored: recordOf("S", 3, "a3", "r3")},
			"keep · S/3 a3 r3 user=U loaded=true",
		},
		"another process refreshed without a new refresh token": {
			facts{read: true, stored: recordOf("S", 3, "a3", "r2")},
			"keep · S/3 a3 r2 user=U loaded=true",
		},
		"another process saved the same generation later": {
			facts{read: true, stored: recordOf("S", 2, "a2b", "r2b")},
			"keep · S/2 a2b r2b user=U loaded=true",
		},
		"an adopted record does not depend on the save": {
			facts{read: true, stored: recordOf("S", 3, "a3", "r3"), storeErr: errDisk},
			"keep · S/3 a3 r3 user=U loaded=true",
		},
		"the same user logged in elsewhere": {
			facts{read: true, stored: recordOf("T", 1, jwtOf("alice", 2), "q1")},
			"keep · T/1 " + jwtOf("alice", 2) + " q1 user=U loaded=true",
		},
		"another user logged in elsewhere": {
			facts{read: true, stored: recordOf("T", 9, jwtOf("bob", 1), "q1")},
			"keep · out(another login replaced the session of S) · login required · " +
				"[signed out another login replaced the session]",
		},
		"an unknown user logged in elsewhere": {
			facts{read: true, stored: recordOf("T", 9, "opaque", "q1")},
			"keep · out(another login replaced the session of S) · login required · " +
				"[signed out another login replaced the session]",
		},
		"the record is gone": {
			facts{read: true},
			"keep · out(the session was ended elsewhere of S) · login required · [signed out the session was ended elsewhere]",
		},
		"the lock was not to be had": {
			facts{storeErr: errDisk},
			"keep · failed(1) · refresh failed · disk full · [refresh failed]",
		},
		"the record cannot be read": {
			facts{err: errDown, storeErr: errDisk},
			"keep · failed(1) · refresh failed · down · [refresh failed]",
		},
		"the store gave up before the server was asked": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), storeErr: errDisk},
			"keep · failed(1) · refresh failed · disk full · [refresh failed]",
		},
		"the refresh window is full": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), err: &RefreshError{Err: ErrExcessiveRefresh}},
			"keep · failed(1) · refresh failed · too many refreshes · [refresh failed]",
		},
		"the server gave a token": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, token: token},
			"save · " + rotated + " · [token refreshed]",
		},
		"the server gave no refresh token": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, token: Token{AccessToken: "new"}},
			"save · S/3 new r2 user=U loaded=false · [token refreshed]",
		},
		"the server gave a token and the save failed": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, token: token, storeErr: errDisk},
			"save · " + rotated + " · [token refreshed] · [persist failed] · pending(S, record true)",
		},
		"the refresh token was dead, and a Minter gave a token": { // nothing of the dead one remains
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, minted: true, token: Token{AccessToken: "new"}},
			"save · S/1026 new  user=U loaded=false · [token refreshed]", // past what others may not have saved
		},
		"the server failed": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, err: errDown},
			"keep · failed(1) · refresh failed · down · [refresh failed] · unhelpful",
		},
		"the refresh token is dead": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, err: errDead},
			"remove · out(the server ended the session of S) · login required · the refresh token is no longer valid · " +
				"[signed out the server ended the session]",
		},
		"the refresh token is dead and the deletion failed": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, err: errDead, storeErr: errDisk},
			"remove · out(the server ended the session of S) · login required · the refresh token is no longer valid · " +
				"[signed out the server ended the session] · [persist failed] · pending(S, record false) the server ended the session",
		},
		"the token endpoint asked another process to wait": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2").Throttle(3*time.Minute, t0)},
			"keep · failed(1) · refresh failed · the token endpoint asked to wait · [refresh failed] · after 2m0s",
		},
		"its wait is almost over": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2").Throttle(time.Minute+1, t0)},
			"keep · failed(1) · refresh failed · the token endpoint asked to wait · [refresh failed] · after 1ns",
		},
		"its wait is over": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2").Throttle(time.Minute, t0)},
			"ask · nothing",
		},
		"the clock that wrote the wait is ahead": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2").Throttle(5*time.Second, t0.Add(time.Hour))},
			"keep · failed(1) · refresh failed · the token endpoint asked to wait · [refresh failed] · after 5s",
		},
		"the server asks to wait": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, err: &RefreshError{RetryAfter: time.Minute, Err: errDown}},
			"save · failed(1) · refresh failed · down · [refresh failed] · unhelpful · after 1m0s · wait 1m0s",
		},
		"the server asks for the shortest wait": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, err: &RefreshError{RetryAfter: 1, Err: errDown}},
			"save · failed(1) · refresh failed · down · [refresh failed] · unhelpful · after 1ns · wait 1ns",
		},
		"the server asks to wait, and the store was wiped": { // there is no record to write that into
			facts{read: true, policy: policy{wiped: true}, asked: true, err: &RefreshError{RetryAfter: time.Minute, Err: errDown}},
			"keep · failed(1) · refresh failed · down · [refresh failed] · unhelpful · after 1m0s",
		},
		"the refresh window asks to wait": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), err: &RefreshError{RetryAfter: time.Minute, Err: ErrExcessiveRefresh}},
			"keep · failed(1) · refresh failed · too many refreshes · [refresh failed] · after 1m0s",
		},
		"the store was wiped": {
			facts{read: true, policy: policy{wiped: true}},
			"ask · nothing",
		},
		"the store was wiped, and gives up": {
			facts{read: true, policy: policy{wiped: true}, storeErr: errDisk},
			"keep · failed(1) · refresh failed · disk full · [refresh failed]",
		},
		"the store was wiped, and another process has logged in since": {
			facts{read: true, policy: policy{wiped: true}, stored: recordOf("T", 1, "o", "q")},
			"keep · out(another login replaced the session of S) · login required · [signed out another login replaced the session]",
		},
		"the account is the user, and it logged in elsewhere": {
			facts{read: true, policy: policy{accountIsUser: true, account: "x"}, stored: recordOf("T", 1, "o", "q")},
			"keep · T/1 o q user=U loaded=true",
		},
		"the account is the user, but the token is another's": {
			facts{read: true, policy: policy{accountIsUser: true, account: "x"}, stored: recordOf("T", 1, jwtOf("bob", 1), "q")},
			"keep · out(another login replaced the session of S) · login required · [signed out another login replaced the session]",
		},
		"a tombstone: the server ended the session": {
			facts{read: true, stored: &record.Record{Session: "S", Generation: 2, Ended: "invalid_grant"}},
			"keep · out(the server ended the session of S) · login required · [signed out the server ended the session]",
		},
		"a tombstone: logged out": {
			facts{read: true, stored: &record.Record{Session: "S", Generation: 2, Ended: "logout"}},
			"keep · out(the session was ended elsewhere of S) · login required · [signed out the session was ended elsewhere]",
		},
		"a tombstone: no refresh token": {
			facts{read: true, stored: &record.Record{Session: "S", Generation: 2, Ended: "no_refresh_token"}},
			"keep · out(the token was refused, and there is no refresh token of S) · login required · " +
				"[signed out the token was refused, and there is no refresh token]",
		},
		"a tombstone of another session": {
			facts{read: true, stored: &record.Record{Session: "T", Generation: 2, Ended: "invalid_grant"}},
			"keep · out(the session was ended elsewhere of S) · login required · [signed out the session was ended elsewhere]",
		},
		"the lock was lost, and another process has refreshed": {
			facts{read: true, stored: recordOf("S", 3, "a3", "r3"), asked: true, token: token, storeErr: errDisk, lost: true},
			"keep · S/3 a3 r3 user=U loaded=true",
		},
		"the lock was lost, and the refusal is of a token that another process has spent": {
			facts{read: true, stored: recordOf("S", 3, "a3", "r3"), asked: true, err: errDead, storeErr: errDisk, lost: true},
			"keep · S/3 a3 r3 user=U loaded=true",
		},
		"the lock was lost, and the server refused": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, err: errDead, storeErr: errDisk, lost: true},
			"keep · failed(1) · refresh failed · the refresh token is no longer valid · [refresh failed] · unhelpful",
		},
		"the lock was lost before the server was asked": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), err: errDown, storeErr: errDisk, lost: true},
			"keep · failed(1) · refresh failed · down · [refresh failed]",
		},
		"the lock was lost, and nothing else is known": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), storeErr: errDisk, lost: true},
			"keep · failed(1) · refresh failed · disk full · [refresh failed]",
		},
		"the lock was lost, and nobody has stored anything": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, token: token, storeErr: errDisk, lost: true},
			"save · " + rotated + " · [token refreshed] · [persist failed] · pending(S, record true)",
		},
		"the lock was lost, and another process has logged out": {
			facts{read: true, asked: true, token: token, storeErr: errDisk, lost: true},
			"keep · out(the session was ended elsewhere of S) · login required · [signed out the session was ended elsewhere] · revoke new r3",
		},
		"the lock was lost before the server was asked, and another process has logged out": {
			facts{read: true, err: errDown, storeErr: errDisk, lost: true},
			"keep · out(the session was ended elsewhere of S) · login required · [signed out the session was ended elsewhere]",
		},
		"the lock was lost, another process has logged out, and nothing else is known": {
			facts{read: true, storeErr: errDisk, lost: true}, // no token has arrived that could be revoked
			"keep · out(the session was ended elsewhere of S) · login required · [signed out the session was ended elsewhere]",
		},
		"the lock was lost, and there is a tombstone": {
			facts{read: true, stored: recordOf("S", 2, "", "").Tombstone("invalid_grant"), err: errDown, storeErr: errDisk, lost: true},
			"keep · out(the server ended the session of S) · login required · [signed out the server ended the session]",
		},
		"the lock was lost, and there is a tombstone of another session": {
			facts{read: true, stored: recordOf("T", 2, "", "").Tombstone("invalid_grant"), err: errDown, storeErr: errDisk, lost: true},
			"keep · out(the session was ended elsewhere of S) · login required · [signed out the session was ended elsewhere]",
		},
		"the lock was lost, and another user has logged in": {
			facts{read: true, stored: recordOf("T", 1, "o", "q"), asked: true, err: errDown, storeErr: errDisk, lost: true},
			"keep · out(another login replaced the session of S) · login required · [signed out another login replaced the session]",
		},
		"refused after a process had vanished": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), interrupted: true, asked: true, err: errDead},
			"save · failed(1) · refresh failed · " + errSuspect.Error() + " · [refresh failed] · unhelpful · after 30s · wait 30s suspect",
		},
		"refused again after a process had vanished": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2").Suspected(), interrupted: true, asked: true, err: errDead},
			"remove · out(the server ended the session of S) · login required · the refresh token is no longer valid · " +
				"[signed out the server ended the session]",
		},
		"a token after a process had vanished": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2").Suspected(), interrupted: true, asked: true, token: token},
			"save · " + rotated + " · [token refreshed]",
		},
		"a token after a process had vanished, and no refusal before": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), interrupted: true, asked: true, token: token},
			"save · " + rotated + " · [token refreshed]",
		},
		"the server failed after a process had vanished": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), interrupted: true, asked: true, err: errDown},
			"keep · failed(1) · refresh failed · down · [refresh failed] · unhelpful",
		},
		"refused by a store that was wiped, after a process had vanished": {
			facts{read: true, policy: policy{wiped: true}, interrupted: true, asked: true, err: errDead},
			"remove · out(the server ended the session of S) · login required · the refresh token is no longer valid · " +
				"[signed out the server ended the session]",
		},
		"there is no refresh token": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), asked: true, err: errNoRefreshToken()},
			"remove · out(the token was refused, and there is no refresh token of S) · login required · " +
				"[signed out the token was refused, and there is no refresh token]",
		},
		"a store's invalid_grant ends nothing": {
			facts{err: errDead},
			"keep · failed(1) · refresh failed · the refresh token is no longer valid · [refresh failed]",
		},
		"a Login or Logout came before the server was asked": {
			facts{read: true, stored: recordOf("T", 1, "b", "q"), superseded: true, storeErr: errDisk},
			"keep · nothing",
		},
		"a Logout came, and then a token": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), superseded: true, asked: true, token: token},
			"remove · nothing · revoke new r3",
		},
		"a Logout came, and then a token without a refresh token": {
			facts{read: true, superseded: true, asked: true, token: Token{AccessToken: "new"}},
			"remove · nothing · revoke new r2",
		},
		"a Logout came, and then the server failed": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), superseded: true, asked: true, err: errDown},
			"remove · nothing",
		},
		"a Logout came, and then the token was dead": {
			facts{read: true, stored: recordOf("S", 2, alice, "r2"), superseded: true, asked: true, err: errDead},
			"remove · nothing",
		},
	} {
		test.facts.session, test.facts.at = s, t0.Add(time.Minute)
		if got := summary(s, decide(test.facts)); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.want)
		}
	}
}

// TestDecide_expiry: an expiry that the Refresher does not know is that of the JWT, and the event
// has it.
func TestDecide_expiry(t *testing.T) {
	t.Parallel()
	s := newSession(recordOf("S", 1, "a", "r"), "", policy{})
	exp := t0.Add(time.Hour)
	payload := fmt.Sprintf(`{"exp":%d}`, exp.Unix())
	jwt := "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".x"
	for want, token := range map[time.Time]Token{
		exp:                     {AccessToken: jwt},
		t0.Add(2 * time.Minute): {AccessToken: jwt, Expiry: t0.Add(2 * time.Minute)},
		{}:                      {AccessToken: "opaque"},
	} {
		o := decide(facts{session: s, read: true, stored: s.Record, asked: true, token: token, at: t0})
		if !o.next.Expiry.Equal(want) || !o.events[0].Expiry.Equal(want) {
			t.Errorf("got %v and %v, want %v", o.next.Expiry, o.events[0].Expiry, want)
		}
		if !o.next.Obtained.Equal(t0) {
			t.Errorf("obtained %v, want %v", o.next.Obtained, t0)
		}
		o = decide(facts{session: s, superseded: true, asked: true, token: Token{AccessToken: "n", Expiry: t0}, at: t0})
		if !o.revoke.Expiry.IsZero() { // as in a session that goes on
			t.Errorf("a token that has expired is revoked with the expiry %v", o.revoke.Expiry)
		}
	}
}

// TestDecide_minted: a token that a Minter made is not bound to the key of the one that it
// replaces.
func TestDecide_minted(t *testing.T) {
	t.Parallel()
	bound := recordOf("S", 1, "a", "r")
	bound.ProofKey = []byte("old")
	for _, key := range [][]byte{nil, []byte("new")} {
		o := decide(facts{
			session: newSession(bound, "", policy{}), read: true, stored: bound, at: t0,
			asked: true, minted: true, token: Token{AccessToken: "n", RefreshToken: "q", ProofKey: key},
		})
		if !bytes.Equal(o.next.ProofKey, key) || o.next.RefreshToken != "q" || o.write != o.next {
			t.Errorf("key %q, refresh token %q, writes %p of %p", o.next.ProofKey, o.next.RefreshToken, o.write, o.next)
		}
	}
}

// TestDecide_texts: what the callers and the events of one outcome get is one error.
func TestDecide_texts(t *testing.T) {
	t.Parallel()
	s := newSession(recordOf("S", 1, "a", "r"), "", policy{})
	failed := decide(facts{session: s, read: true, stored: s.Record, asked: true, err: errDown, at: t0})
	if !errors.Is(failed.events[0].Err, failed.err()) || !failed.failure.at.Equal(t0) {
		t.Errorf("failed: %v, %v, at %v", failed.err(), failed.events[0].Err, failed.failure.at)
	}
	s = s.withFailure(failed.failure)
	if again := decide(facts{session: s, asked: true, err: errDown, at: t0}); again.failure.count != 2 ||
		again.failure.err.RetryAfter != firstBackoff {
		t.Errorf("again: count %d, retry after %v", again.failure.count, again.failure.err.RetryAfter)
	}
	dead := decide(facts{session: s, read: true, stored: s.Record, asked: true, err: errDead, storeErr: errDisk, at: t0})
	if !errors.Is(dead.events[0].Err, errDead) || !errors.Is(dead.events[1].Err, errDisk) ||
		!errors.Is(dead.events[1].Err, ErrPersist) || !strings.Contains(dead.events[1].Err.Error(), "delete") {
		t.Errorf("dead: %v", dead.events)
	}
	unsaved := decide(facts{session: s, asked: true, token: Token{AccessToken: "n"}, storeErr: errDisk, at: t0})
	if e := unsaved.events[1].Err; !errors.Is(e, errDisk) || !errors.Is(e, ErrPersist) || !strings.Contains(e.Error(), "save") ||
		unsaved.pending.record != unsaved.next {
		t.Errorf("unsaved: %v", unsaved.events)
	}
}

// TestOutcome_reason: why a record is removed.
func TestOutcome_reason(t *testing.T) {
	t.Parallel()
	if got := (outcome{step: remove, ended: &LoginRequiredError{Reason: ReasonInvalidGrant}}).reason(); got != ReasonInvalidGrant {
		t.Error(got)
	}
	if got := (outcome{step: remove}).reason(); got != ReasonLogout { // on behalf of a Logout that has given up
		t.Error(got)
	}
}

// TestOutcome_refreshed: a record that another process has stored is not a token from the server.
func TestOutcome_refreshed(t *testing.T) {
	t.Parallel()
	next := recordOf("S", 3, "a3", "r3")
	for _, test := range []struct {
		outcome outcome
		want    bool
	}{
		{outcome{next: next}, true},
		{outcome{next: next, loaded: true}, false},
		{outcome{}, false},
		{outcome{loaded: true}, false},
	} {
		if got := test.outcome.hasNewToken(); got != test.want {
			t.Errorf("%+v: %v", test.outcome, got)
		}
	}
}

// TestFacts_ifSaved: while the lock is held, the store's error is not known yet.
func TestFacts_ifSaved(t *testing.T) {
	t.Parallel()
	r := recordOf("S", 2, "a", "r")
	f := facts{session: newSession(r, "", policy{}), read: true, stored: r, storeErr: errVanished, at: t0}
	if o := f.ifSaved(); o.step != ask {
		t.Errorf("step %d", o.step)
	}
	if o := decide(f); o.step != keep || !errors.Is(o.err(), errVanished) {
		t.Errorf("step %d, %v", o.step, o.err())
	}
}
