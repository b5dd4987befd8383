package authtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// EventKind says what happened in an [Event].
type EventKind string

// The kinds of [Event].
const (
	EventLogin     EventKind = "login"     // a password, a code or a client was accepted: a session begins
	EventAuthorize EventKind = "authorize" // the user agreed, or refused, in the browser
	EventDevice    EventKind = "device"    // a device asked for a user code
	EventNonce     EventKind = "nonce"     // the server asked for another DPoP nonce
	EventIssue     EventKind = "issue"     // Server.Issue
	EventRefresh   EventKind = "refresh"   // a refresh request arrived
	EventRotate    EventKind = "rotate"    // it was granted
	EventReuse     EventKind = "reuse"     // it carried a spent refresh token
	EventRefuse    EventKind = "refuse"    // it, or a login, was refused
	EventFail      EventKind = "fail"      // Server.FailRefresh or Server.FailAPI took effect
	EventDrop      EventKind = "drop"      // Server.DropAfterRotate cut the connection
	EventRedirect  EventKind = "redirect"  // Config.TokenRedirect took effect
	EventRevoke    EventKind = "revoke"    // a session, or an access token, was ended on demand
	EventExpire    EventKind = "expire"    // Server.ExpireAccess
	EventAPI       EventKind = "api"       // the API responded
	EventDeny      EventKind = "deny"      // the API refused an access token, or asked for one
	EventForeign   EventKind = "foreign"   // the Foreign origin responded
)

// Event is one entry of the [Timeline]. It never holds a token, a password or a query string, and
// the characters in it are printable: control characters and bytes that are not UTF-8 are escaped.
type Event struct {
	Time    time.Time // by the local clock
	Kind    EventKind
	User    string // "" if unknown
	Session string // "s1", "s2" … in the order of login; "" if unknown
	Method  string // "" if no request caused it
	Path    string // without the query; redacted if there is a token in it
	Status  int    // of the response; 0: none
	Note    string // in words
}

// String returns the event in one line, without its time.
func (e Event) String() string {
	parts := []string{fmt.Sprintf("%-8s", e.Kind)}
	for _, p := range []string{e.Session, e.User, e.Method, e.Path} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if e.Status != 0 {
		parts = append(parts, strconv.Itoa(e.Status))
	}
	if e.Note != "" {
		parts = append(parts, "("+e.Note+")")
	}
	return strings.Join(parts, " ")
}

// Timeline is a list of events in the order in which they happened.
type Timeline []Event

// String returns one line for each event, with the seconds since the first one.
func (t Timeline) String() string {
	var b strings.Builder
	for i := range t {
		fmt.Fprintf(&b, "%10.3fs  %s\n", t[i].Time.Sub(t[0].Time).Seconds(), t[i])
	}
	return b.String()
}

// Kinds returns the kinds of the events alone, for comparison in tests.
func (t Timeline) Kinds() []EventKind {
	kinds := make([]EventKind, len(t))
	for i := range t {
		kinds[i] = t[i].Kind
	}
	return kinds
}

// printable returns the text with everything but printable characters and spaces escaped, as a Go
// string literal has it, and cut after 1,000 bytes: a client must not write to a terminal.
func printable(text string) string {
	const limit = 1000
	if len(text) > limit {
		text = text[:limit] + "…"
	}
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			quoted := strconv.Quote(text)
			return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
		}
	}
	return text
}
