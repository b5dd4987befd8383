package tokens

import (
	"net/http"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/escape"
)

// Failure is a response without a token.
type Failure struct {
	Response

	Code        string   // the error code, in lower case; "" if there is none
	Description string   // what the server says in words; not to be shown
	Why         string   // what the response is, if not an error of the server
	Members     []string // the first member names of an object

	json, empty bool
}

// failure reads the error of an object.
func (r Response) failure(o *object) *Failure {
	f := &Failure{Response: r, json: true, Members: o.shownNames(), Code: o.code()}
	f.Why = "it holds no token"
	for _, from := range []*object{o, o.inner("error")} {
		if from != nil && f.Description == "" {
			f.Description = from.text("", "errordescription", "message", "msg", "detail", "description")
		}
	}
	return f
}

// code returns the error code of an object: that of RFC 6749, section 5.2, or one of the places
// where servers put theirs. One that is known comes before one that is not.
func (o *object) code() string {
	places := []string{o.text("", "error"), o.text("", "errorcode")}
	var words []string // places that mostly hold words
	if inner := o.inner("error"); inner != nil {
		places = append(places, inner.text("", "code", "errorcode"), inner.text("", "type"))
		words = append(words, inner.text("", "message"), inner.text("", "status"))
	}
	places = append(places, o.text("", "code"))
	words = append(words, o.text("", "status"), o.text("", "message"))
	first := ""
	for i, c := range append(places, words...) {
		c = strings.ToLower(c)
		switch {
		case !isCode(c):
		case IsFinal(c) || IsClientProblem(c) || IsTransient(c):
			return c
		case first == "" && i < len(places):
			first = c
		}
	}
	return first
}

// isCode reports whether s reads like an error code, not like a sentence or a secret.
func isCode(s string) bool {
	for i := range len(s) {
		if !isCodeChar(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

func isCodeChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.'
}

// IsPage reports whether the body is something else than JSON, a form, or nothing: a proxy's page,
// a text.
func (f *Failure) IsPage() bool { return !f.json && !f.empty }

// ShownCode returns the code if it may be shown: letters and underscores only, since a server may
// put anything there.
func (f *Failure) ShownCode() string {
	for i := range len(f.Code) {
		if c := f.Code[i]; c != '_' && (c < 'a' || c > 'z') {
			return ""
		}
	}
	if len(f.Code) > 40 {
		return ""
	}
	return f.Code
}

// Detail describes what arrived, without values: the code of an error, or type and first member
// names; "" if the status says all.
func (f *Failure) Detail() string {
	if code := f.ShownCode(); code != "" {
		if IsClientProblem(code) {
			return code + ": the server does not accept this client or its request; the configuration must change"
		}
		return code
	}
	s := f.Why
	if f.Status < 200 || f.Status > 299 { // an error by its status
		if f.IsPage() {
			return "a page or text instead of a response of the endpoint"
		}
		return ""
	}
	var parts []string
	if media := f.Header.Get("Content-Type"); media != "" && !f.empty {
		media, _, _ = strings.Cut(media, ";")
		parts = append(parts, escape.Line(escape.Cut(media, 40)))
	}
	if len(f.Members) > 0 {
		parts = append(parts, "members "+strings.Join(f.Members, ", "))
	}
	if len(parts) > 0 {
		s += " (" + strings.Join(parts, ", ") + ")"
	}
	return s
}

// Throttled reports whether the response is about the rate or the state of the server rather than
// the token: a status that says so, a Retry-After, an exhausted rate limit. Wait is how long the
// server asks to wait; zero if it does not say.
func (f *Failure) Throttled() (wait time.Duration, throttled bool) {
	wait, throttled = RetryAfter(f.Header, f.Date())
	switch {
	case f.Status >= 500, f.Status == http.StatusTooManyRequests, f.Status == http.StatusRequestTimeout,
		f.Status == http.StatusTooEarly:
		return wait, true
	default:
		return wait, throttled || IsTransient(f.Code)
	}
}
