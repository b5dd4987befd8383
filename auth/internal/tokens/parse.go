// Package tokens reads what token endpoints send: tokens, their lifetimes, errors, and the claims
// of JWTs.
//
// # Overview
//
// RFC 6749, section 5, defines one form of response. Servers send others: other names, numbers as
// strings, objects within objects, bare text, forms that are labeled as text, error codes of their
// own. A refresh token that was spent for such a response is gone, so the package reads whatever a
// person could read in it.
//
// # Usage
//
//	t, failure := tokens.Parse(tokens.Response{Status: 200, Header: h, Body: body, Asked: asked}, tokens.Names{})
//
// # Errors
//
// A [Failure] is a response without a token. It says what arrived, but quotes no values.
//
// # Concurrency
//
// Functions and values are safe for concurrent use.
//
// # Security
//
// Reading takes time linear in the length of the response, which has at most 1,000 members and 32
// levels. Claims are read, not verified.
package tokens

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// Response is a response of a token endpoint.
type Response struct {
	Status int
	Header http.Header
	Body   []byte    // at most MaxBody bytes
	Asked  time.Time // when the request was sent, by the local clock
}

// Names are member names for servers that use none of the known ones.
type Names struct{ Access, Refresh string }

// Token is auth.Token without its methods: the fields must be the same, in the same order, for the
// two convert into each other.
type Token struct {
	AccessToken  string
	RefreshToken string
	TokenType    string
	Expiry       time.Time // by the local clock; zero: not known
	Scope        string
	IDToken      string
	Extra        map[string]any // the other members; nil if there are none
	ProofKey     []byte
}

// Format prints no secret, whatever the verb.
func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "tokens.Token{REDACTED}") }

// MarshalText prints no secret, for logs.
func (Token) MarshalText() ([]byte, error) { return []byte("tokens.Token{REDACTED}"), nil }

// Date is the time of the server's clock; zero if not known.
func (r Response) Date() time.Time {
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

func (r Response) media() string {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}

// Parse reads the token of a response with a good status; any other response is a failure, and so
// is one without a token.
func Parse(r Response, n Names) (Token, *Failure) {
	text := plain(r.Body, r.Header.Get("Content-Type"))
	if !bounded(text) {
		return Token{}, &Failure{Response: r, Why: "it has more than 1,000 members or 32 levels"}
	}
	return r.parse(text, n, 2)
}

// parse reads a text that may hold another one in a string, levels deep.
func (r Response) parse(text []byte, n Names, levels int) (Token, *Failure) {
	media := r.media()
	switch {
	case len(text) == 0:
		return Token{}, &Failure{Response: r, Why: "it is empty", empty: true}
	case text[0] == '{':
		return r.fromObject(parseObject(text), n)
	case text[0] == '[':
		return Token{}, &Failure{Response: r, Why: "it is an array", json: json.Valid(text)}
	case text[0] == '<':
		return Token{}, &Failure{Response: r, Why: "it is a page"}
	case text[0] == '"':
		var s string
		if json.Unmarshal(text, &s) != nil {
			return Token{}, &Failure{Response: r, Why: "it is not complete"}
		}
		if levels > 0 && strings.HasPrefix(strings.TrimSpace(s), "{") {
			if inner := []byte(strings.TrimSpace(s)); bounded(inner) {
				return r.parse(inner, n, levels-1)
			}
		}
		return r.bare(s, n, true)
	case isText(media) || media == formType:
		return r.bare(string(text), n, false)
	default:
		if o := parseForm(string(text)); o != nil && media != "text/html" {
			return r.fromObject(o, n)
		}
		return Token{}, &Failure{Response: r, Why: "it is neither JSON nor a form", json: json.Valid(text)}
	}
}

const formType = "application/x-www-form-urlencoded"

// isText reports whether a text of this type may be a bare token.
func isText(media string) bool {
	switch media {
	case "", "text/plain", "application/jwt", "application/octet-stream":
		return true
	default:
		return false
	}
}

// bare reads a text that is a token, or a form.
func (r Response) bare(s string, n Names, quoted bool) (Token, *Failure) {
	if o := parseForm(s); o != nil {
		return r.fromObject(o, n)
	}
	token, scheme := withoutScheme(strings.TrimSpace(s))
	if r.Status < 200 || r.Status > 299 || !isToken68(token) {
		return Token{}, &Failure{Response: r, Why: "it holds no token", json: quoted || json.Valid([]byte(s))}
	}
	return Token{AccessToken: token, TokenType: scheme, Expiry: JWTExpiry(token, r.Asked, r.Date())}, nil
}

// ParseObject reads the members of a JSON object as Parse does, but does not need an access token.
// A member expiry in the form of RFC 3339 is taken unchanged. It reports false if the text is not
// an object, or one too large.
func ParseObject(text []byte, asked time.Time) (Token, bool) {
	if !bounded(text) {
		return Token{}, false
	}
	o := parseObject(text)
	if o == nil {
		return Token{}, string(text) == "null"
	}
	var at time.Time
	if _, raw := o.member("expiry"); json.Unmarshal(raw, &at) == nil && !at.IsZero() {
		o.used[o.folded["expiry"]] = true
	}
	if _, access, _ := find(o, "", 3); access != "" {
		t, _ := (Response{Status: http.StatusOK, Asked: asked}).fromObject(o, Names{})
		if !at.IsZero() {
			t.Expiry = at
		}
		return t, true
	}
	return Token{
		RefreshToken: o.text("", refreshNames()...), TokenType: o.text("", "tokentype"), Scope: o.list("scope", "scopes"),
		IDToken: o.text("", "idtoken"), Expiry: at, Extra: o.extra(),
	}, true
}

// fromObject reads a token from the members of a response.
func (r Response) fromObject(o *object, n Names) (Token, *Failure) {
	if r.Status < 200 || r.Status > 299 {
		return Token{}, r.failure(o)
	}
	holder, access, own := find(o, n.Access, 3)
	if access == "" {
		return Token{}, r.failure(o)
	}
	t := Token{}
	t.AccessToken, t.TokenType = withoutScheme(access)
	t.RefreshToken = holder.text(n.Refresh, refreshNames()...)
	if t.RefreshToken == "" {
		t.RefreshToken = o.text(n.Refresh, refreshNames()...)
	}
	if t.RefreshToken == "" {
		if inner := holder.inner("refresh"); inner != nil {
			t.RefreshToken = inner.text("", "token", "value")
			holder.take("refresh")
		}
	}
	if s := holder.text("", "tokentype"); s != "" {
		t.TokenType = s
	}
	t.Scope = holder.list("scope", "scopes")
	t.IDToken = holder.text("", "idtoken")
	if t.Expiry = holder.expiry(r.Asked, r.Date()); t.Expiry.IsZero() && own != nil {
		t.Expiry = own.expiry(r.Asked, r.Date())
	}
	if t.Expiry.IsZero() {
		t.Expiry = JWTExpiry(t.AccessToken, r.Asked, r.Date())
	}
	t.Extra = holder.extra()
	return t, nil
}
