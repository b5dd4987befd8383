package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"golang.org/x/oauth2"
)

// OAuth2Refresher refreshes by the refresh_token grant of RFC 6749 §6.
type OAuth2Refresher struct {
	// Config names client and token endpoint; its URL may be relative to Config.BaseURL of this package. The
	// AuthStyle is not guessed, since a guess sends the refresh token twice: AutoDetect means the request body for
	// a client without a secret and the Authorization header for one with a secret (RFC 6749 §2.3.1).
	Config *oauth2.Config
	// DeadCodes are the error codes that mean that the refresh token is dead. Nil: invalid_grant. Dex says
	// invalid_request.
	DeadCodes []string
	// Transport sends the request. It must not be one with the chain. Nil: [http.DefaultTransport].
	Transport http.RoundTripper

	bound bool // Config is a copy that has been checked
}

// String shows the endpoint only: Config holds the client's secret.
func (r OAuth2Refresher) String() string {
	if r.Config == nil {
		return "auth.OAuth2Refresher()"
	}
	return "auth.OAuth2Refresher(" + endpointText(r.Config.Endpoint.TokenURL) + ")"
}

// Format prints String, whatever the verb.
func (r OAuth2Refresher) Format(f fmt.State, _ rune) { printMasked(f, r.String()) }

// MarshalText returns String, for logs.
func (r OAuth2Refresher) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r OAuth2Refresher) bind(base *url.URL, outer *Config) (ownRefresher, error) {
	if r.Config == nil {
		return r, errors.New("auth: OAuth2Refresher.Config is required")
	}
	c := *r.Config
	endpoint, err := outer.checkEndpoint("OAuth2Refresher.Config.Endpoint.TokenURL", c.Endpoint.TokenURL, base)
	c.Endpoint.TokenURL = endpoint
	if c.Endpoint.AuthStyle == oauth2.AuthStyleAutoDetect {
		c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
		if c.ClientSecret != "" {
			c.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
		}
	}
	r.Config, r.bound = &c, true
	return r, err
}

func (r OAuth2Refresher) suits(t Token) bool { return t.RefreshToken != "" }

// Refresh makes the call. It is sent once and follows no redirect.
func (r OAuth2Refresher) Refresh(ctx context.Context, old Token) (Token, error) {
	if !r.bound { // used outside of a Config
		own, err := r.bind(nil, &Config{})
		if err != nil {
			return Token{}, &RefreshError{Err: err}
		}
		return own.Refresh(ctx, old)
	}
	if !r.suits(old) {
		return Token{}, fmt.Errorf("%w: there is none", ErrInvalidGrant)
	}
	g := &grant{endpoint: r.Config.Endpoint.TokenURL, base: r.Transport}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: g})
	asked := time.Now()
	t, err := r.Config.TokenSource(ctx, &oauth2.Token{RefreshToken: old.RefreshToken}).Token()
	if err != nil {
		return Token{}, r.explain(err, g)
	}
	token := Token{
		AccessToken: t.AccessToken, RefreshToken: t.RefreshToken, TokenType: t.TokenType, Expiry: g.expiry(t.AccessToken, asked),
	}
	if !looksLikeToken(token.AccessToken) {
		return Token{}, g.said.transient("its answer holds no token")
	}
	return token, nil
}

// explain tells a dead refresh token from everything else. The texts of the error are not used: they quote the answer.
func (r OAuth2Refresher) explain(err error, g *grant) error {
	if g.said == nil { // there was no answer
		return newRefreshError(withoutURL(err))
	}
	dead := r.DeadCodes
	if dead == nil {
		dead = []string{"invalid_grant"}
	}
	re, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok:
		return g.said.transient("its answer holds no token")
	case slices.Contains(dead, re.ErrorCode):
		return g.said.dead()
	case isErrorCode(re.ErrorCode):
		return g.said.transient(re.ErrorCode)
	default:
		return g.said.transient("")
	}
}

// isErrorCode tells whether s is short and plain enough to be shown: an error code of RFC 6749 §5.2 or its like.
func isErrorCode(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != "" && len(s) <= 40
}
