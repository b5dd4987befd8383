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
		"logged out, found":        {known: signedOut(ReasonLogout, in), stored: recordOf("T", 1, bob, "q"), want: "keep · T/1 " + bob + " q user=T loaded=true"},
		"logged out, nothing":      {known: signedOut(ReasonLogout, in), want: unchanged},
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
		o := decideRead(test.known, test.stored, test.policy)
		got := "keep · nothing"
		if n := o.successor(test.known, test.policy); n != nil {
			got = summaryWith(test.known, o, test.policy)
		}
		if got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, strings.TrimSpace(got), test.want)
		}
	}
}
