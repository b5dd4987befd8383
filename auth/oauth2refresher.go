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
}

// String shows the endpoint only: Config holds the client's secret.
func (r OAuth2Refresher) String() string {
	if r.Config == nil {
		return "auth.OAuth2Refresher()"
	}
	return "auth.OAuth2Refresher(" + originText(r.Config.Endpoint.TokenURL) + ")"
}

// GoString is String.
func (r OAuth2Refresher) GoString() string { return r.String() }

func (r OAuth2Refresher) bind(base *url.URL, outer *Config) (Refresher, error) {
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
	r.Config = &c
	return r, err
}

// Refresh makes the call. It is sent once and follows no redirect.
func (r OAuth2Refresher) Refresh(ctx context.Context, old Token) (Token, error) {
	if old.RefreshToken == "" {
		return Token{}, fmt.Errorf("%w: there is none", ErrInvalidGrant)
	}
	seen := &answer{header: http.Header{}}
	client := endpointClient(observer{base: r.Transport, seen: seen})
	ctx = context.WithValue(ctx, oauth2.HTTPClient, client)
	now := time.Now()
	t, err := r.Config.TokenSource(ctx, &oauth2.Token{RefreshToken: old.RefreshToken}).Token()
	if err != nil {
		return Token{}, r.explain(err, seen)
	}
	token := FromOAuth2(t)
	if lifetime := token.Expiry.Sub(now); !token.Expiry.IsZero() && (lifetime <= 0 || lifetime > maxLifetime) {
		token.Expiry = time.Time{}
	}
	if !looksLikeToken(token.AccessToken) {
		return Token{}, seen.transient("its answer holds no token")
	}
	return token, nil
}

// explain tells a dead refresh token from everything else. The texts of the error are not used: they quote the answer.
func (r OAuth2Refresher) explain(err error, seen *answer) error {
	re, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if seen.status != 0 {
			return seen.transient("its answer holds no token")
		}
		return &RefreshError{Err: withoutURL(err)}
	}
	dead := r.DeadCodes
	if dead == nil {
		dead = []string{"invalid_grant"}
	}
	switch {
	case slices.Contains(dead, re.ErrorCode):
		return seen.dead()
	case isErrorCode(re.ErrorCode):
		return seen.transient(re.ErrorCode)
	default:
		return seen.transient("")
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

// observer notes status and headers of an answer, which oauth2 does not hand out.
type observer struct {
	base http.RoundTripper
	seen *answer
}

func (o observer) RoundTrip(r *http.Request) (*http.Response, error) {
	base := o.base
	if base == nil {
		base = http.DefaultTransport //nolint:forbidigo // the documented default
	}
	r.GetBody = nil // so that net/http does not send it a second time
	resp, err := base.RoundTrip(r)
	if err == nil {
		o.seen.status, o.seen.header = resp.StatusCode, resp.Header
	}
	return resp, err
}
