package auth

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const formType = "application/x-www-form-urlencoded"

// grant is the transport of one exchange with an OAuth 2.0 server. It reads the answer before x/oauth2 does, because that
// gives up on a whole answer, and with it on the only copy of a new refresh token, where one member has a form that it
// does not expect: an expires_in of 3600.5 or 1e300, a scope that is an array.
type grant struct {
	endpoint string
	base     http.RoundTripper

	said *answer                    // nil: there was none
	form map[string]json.RawMessage // the members of the answer, if it is an object
}

// RoundTrip posts the request, and hands on of the answer what x/oauth2 needs.
func (g *grant) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return nil, err
	}
	g.said, err = post(r.Context(), g.base, g.endpoint, formType, string(sent), r.Header)
	if err != nil {
		return nil, err
	}
	media, body := g.said.header.Get("Content-Type"), string(g.said.body)
	if json.Unmarshal(g.said.body, &g.form) == nil && g.form != nil {
		media, body = formType, g.plain()
	}
	return &http.Response{
		StatusCode: g.said.status, Header: http.Header{"Content-Type": {media}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

// plain is the answer with the members that x/oauth2 is to see, in its other form, which has no types to get wrong.
func (g *grant) plain() string {
	members := make(url.Values)
	for _, name := range []string{"access_token", "refresh_token", "token_type", "error"} {
		if s := text(g.form, name); s != "" {
			members.Set(name, s)
		}
	}
	return members.Encode()
}

// expiry is when the token ends by the local clock; zero if that is not known.
func (g *grant) expiry(access string, asked time.Time) time.Time {
	members := g.form
	if members == nil { // an answer in the form of a query string
		members = make(map[string]json.RawMessage)
		if form, err := url.ParseQuery(string(g.said.body)); err == nil && form.Has("expires_in") {
			members["expires_in"] = json.RawMessage(strconv.Quote(form.Get("expires_in")))
		}
	}
	if at := expiryOf(members, asked, g.said.date()); !at.IsZero() {
		return at
	}
	return jwtExpiry(access, asked, g.said.date())
}
