package auth

import (
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

// TestDecideRead is the table of what a read of the store means.
func TestDecideRead(t *testing.T) {
	t.Parallel()
	alice, bob := jwtOf("alice", 1), jwtOf("bob", 1)
	in := newSession(recordOf("S", 2, alice, "r2"), "U", policy{})
	opaque := newSession(recordOf("S", 2, "a", "r2"), "U", policy{})
	never := signedOut(ReasonNeverSignedIn, nil)
	const unchanged = "keep · nothing"
	for name, test := range map[string]struct {
		known  *session
		stored *record.Record
		policy policy
		want   string
	}{
		"nothing new":      {known: in, stored: recordOf("S", 2, alice, "r2"), want: unchanged},
		"an older token":   {known: in, stored: recordOf("S", 1, alice, "r1"), want: unchanged},
		"a newer token":    {known: in, stored: recordOf("S", 3, "a3", "r3"), want: "keep · S/3 a3 r3 user=U loaded=true"},
		"a wish to wait":   {known: in, stored: recordOf("S", 2, alice, "r2").Throttle(time.Minute, t0), want: unchanged},
		"gone":             {known: in, want: "keep · out(the session was ended elsewhere of S) · login required · [signed out the session was ended elsewhere]"},
		"another's, known": {known: in, stored: recordOf("T", 1, bob, "q"), want: "keep · out(another login replaced the session of S) · login required · [signed out another login replaced the session]"},

		"another login, and the account is the user": {
			known: opaque, stored: recordOf("T", 1, "o", "q"), policy: policy{accountIsUser: true, account: "x"},
			want: "keep · T/1 o q user=x loaded=true",
		},
		"never signed in, nothing": {known: never, want: unchanged},
		"never signed in, found":   {known: never, stored: recordOf("T", 4, bob, "q"), want: "keep · T/4 " + bob + " q user=T loaded=true"},
		"never signed in, a tombstone": {
			known: never, stored: recordOf("T", 4, "", "").Tombstone("invalid_grant"),
			want: "keep · out(the server ended the session of ) · login required",
		},
		"never signed in, a tombstone of a Logout": {
			known: never, stored: recordOf("T", 4, "", "").Tombstone("logout"),
			want: "keep · out(the session was ended elsewhere of ) · login required",
		},
		"ended elsewhere, a tombstone": {
			known: signedOut(ReasonEndedElsewhere, in), stored: recordOf("S", 2, "", "").Tombstone("invalid_grant"), want: unchanged,
		},
		"logged out, a tombstone": {
			known: signedOut(ReasonLogout, in), stored: recordOf("S", 2, "", "").Tombstone("invalid_grant"), want: unchanged,
		},
		"logged out, found":   {known: signedOut(ReasonLogout, in), stored: recordOf("T", 1, bob, "q"), want: "keep · T/1 " + bob + " q user=T loaded=true"},
		"logged out, nothing": {known: signedOut(ReasonLogout, in), want: unchanged},
		"ended elsewhere, the same user": {
			known: signedOut(ReasonEndedElsewhere, in), stored: recordOf("T", 1, jwtOf("alice", 2), "q"),
			want: "keep · T/1 " + jwtOf("alice", 2) + " q user=T loaded=true",
		},
		"ended elsewhere, another user": {
			known: signedOut(ReasonEndedElsewhere, in), stored: recordOf("T", 1, bob, "q"),
			want: "keep · out(another login replaced the session of S) · login required",
		},
		"ended elsewhere, another user although the account is the user": {
			known: signedOut(ReasonEndedElsewhere, in), stored: recordOf("T", 1, bob, "q"), policy: policy{accountIsUser: true, account: "x"},
			want: "keep · out(another login replaced the session of S) · login required",
		},
		"ended elsewhere, an opaque token": {
			known: signedOut(ReasonEndedElsewhere, in), stored: recordOf("T", 1, "o", "q"), want: "keep · T/1 o q user=T loaded=true",
		},
		"replaced, an opaque token": {known: signedOut(ReasonReplaced, opaque), stored: recordOf("T", 1, "o", "q"), want: unchanged},
		"replaced, an opaque token, and the account is the user": {
			known: signedOut(ReasonReplaced, opaque), stored: recordOf("T", 1, "o", "q"), policy: policy{accountIsUser: true, account: "x"},
			want: "keep · T/1 o q user=x loaded=true",
		},
		"replaced, the first user again": {
			known: signedOut(ReasonReplaced, signedOut(ReasonReplaced, in)), stored: recordOf("V", 1, jwtOf("alice", 3), "q"),
			want: "keep · V/1 " + jwtOf("alice", 3) + " q user=V loaded=true",
		},
	} {
		got := summaryWith(test.known, decideRead(test.known, test.stored, test.policy), test.policy)
		if got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, strings.TrimSpace(got), test.want)
		}
	}
}

// TestRead_current: a caller that asks for a session which is not the current one gets that,
// without a read of the store; also when the interceptor is closed.
func TestRead_current(t *testing.T) {
	t.Parallel()
	a, err := New(Config{BaseURL: "https://api.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Login(t.Context(), Token{AccessToken: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, old := range []*session{nil, signedOut(ReasonNeverSignedIn, nil)} {
		if s, err := a.read(t.Context(), old); err != nil || s != a.state.current.Load() {
			t.Errorf("in place of %v: %v, %v", old, s, err)
		}
	}
}
