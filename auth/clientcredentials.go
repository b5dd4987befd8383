package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// ClientCredentials is a [Minter] for programs that act for themselves, by the client_credentials
// grant of RFC 6749, section 4.4. A token that expires is replaced by a new one of the same grant;
// there is no refresh token.
type ClientCredentials struct {
	// Config names client, token endpoint, scopes and further parameters. The URL may be relative
	// to Config.BaseURL of this package; AuthStyle AutoDetect means the header for a client with a
	// secret.
	Config clientcredentials.Config
	// ClientAssertion authenticates the client in place of a secret; see [OAuth2Refresher].
	// [AssertionFile] reads one that a platform puts into a file, such as the service account token
	// of Kubernetes.
	ClientAssertion func(ctx context.Context, audience string) (string, error)
	// Transport sends the request. It must not contain the chain. Nil: the transport beneath the
	// chain that the session is installed in, else [http.DefaultTransport].
	Transport http.RoundTripper
}

// String shows the endpoint only: Config holds the client's secret.
func (c ClientCredentials) String() string {
	return "auth.ClientCredentials(" + endpoints.Text(c.Config.TokenURL) + ")"
}

// Format prints String, whatever the verb.
func (c ClientCredentials) Format(f fmt.State, _ rune) { printMasked(f, c.String()) }

// MarshalText returns String, for logs.
func (c ClientCredentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Mint makes the call.
func (c ClientCredentials) Mint(ctx context.Context) (Token, error) { return mintWith(ctx, c) }

// Refresh does the same.
func (c ClientCredentials) Refresh(ctx context.Context, _ Token) (Token, error) {
	return mintWith(ctx, c)
}

func (c ClientCredentials) configure(e endpoints.Environment) (configured, error) {
	endpoint, err := e.Resolve("ClientCredentials.Config.TokenURL", c.Config.TokenURL)
	grant := url.Values{"grant_type": {"client_credentials"}}
	if len(c.Config.Scopes) > 0 {
		grant.Set("scope", strings.Join(c.Config.Scopes, " "))
	}
	return grantMinter{
		endpoint: endpoint, params: c.Config.EndpointParams, transport: c.Transport, Minter: c,
		client: newClient(c.Config.ClientID, c.Config.ClientSecret, c.Config.AuthStyle, c.ClientAssertion),
		grant:  func(context.Context, string) (url.Values, error) { return grant, nil },
	}, err
}

// TokenExchange is a [Minter] that trades a token of another kind for one of the API, by RFC 8693:
// the identity of a workload, or the token of a user at another server.
type TokenExchange struct {
	// URL of the token endpoint; relative to Config.BaseURL if it is not absolute.
	URL string
	// SubjectToken returns the token to trade. It is called for each exchange with the URL of the
	// endpoint.
	SubjectToken func(ctx context.Context, audience string) (string, error)
	// SubjectTokenType says what it is. Default "urn:ietf:params:oauth:token-type:jwt".
	SubjectTokenType string
	// Params are further parameters: audience, resource, scope, requested_token_type.
	Params url.Values
	// ClientID and ClientSecret authenticate the client, if the server wants that; so does
	// ClientAssertion.
	ClientID, ClientSecret string
	AuthStyle              oauth2.AuthStyle
	ClientAssertion        func(ctx context.Context, audience string) (string, error)
	// Transport sends the request. It must not contain the chain. Nil: the transport beneath the
	// chain that the session is installed in, else [http.DefaultTransport].
	Transport http.RoundTripper
}

// String shows the endpoint only.
func (x TokenExchange) String() string { return "auth.TokenExchange(" + endpoints.Text(x.URL) + ")" }

// Format prints String, whatever the verb.
func (x TokenExchange) Format(f fmt.State, _ rune) { printMasked(f, x.String()) }

// MarshalText returns String, for logs.
func (x TokenExchange) MarshalText() ([]byte, error) { return []byte(x.String()), nil }

// Mint makes the call.
func (x TokenExchange) Mint(ctx context.Context) (Token, error) { return mintWith(ctx, x) }

// Refresh does the same.
func (x TokenExchange) Refresh(ctx context.Context, _ Token) (Token, error) { return mintWith(ctx, x) }

func (x TokenExchange) configure(e endpoints.Environment) (configured, error) {
	endpoint, err := e.Resolve("TokenExchange.URL", x.URL)
	if x.SubjectToken == nil {
		err = errors.Join(err, errors.New("auth: TokenExchange.SubjectToken is required"))
	}
	kind := x.SubjectTokenType
	if kind == "" {
		kind = "urn:ietf:params:oauth:token-type:jwt"
	}
	return grantMinter{
		endpoint: endpoint, params: x.Params, transport: x.Transport, Minter: x,
		client: newClient(x.ClientID, x.ClientSecret, x.AuthStyle, x.ClientAssertion),
		grant: func(ctx context.Context, audience string) (url.Values, error) {
			subject, err := x.SubjectToken(ctx, audience)
			if err != nil {
				return nil, fmt.Errorf("the subject token: %w", err)
			}
			return url.Values{
				"grant_type":    {"urn:ietf:params:oauth:grant-type:token-exchange"},
				"subject_token": {subject}, "subject_token_type": {kind},
			}, nil
		},
	}, err
}

// configuredMinter is a Minter of this package that has been checked.
type configuredMinter interface {
	configured
	Minter
}

// grantMinter mints with one call of a token endpoint.
type grantMinter struct {
	Minter

	endpoint  string
	params    url.Values
	client    endpoints.Client
	grant     func(ctx context.Context, audience string) (url.Values, error)
	transport http.RoundTripper
}

func (m grantMinter) canRefresh(Token) bool { return true }

// Refresh mints.
func (m grantMinter) Refresh(ctx context.Context, _ Token) (Token, error) { return m.Mint(ctx) }

// Mint makes the call.
func (m grantMinter) Mint(ctx context.Context) (Token, error) {
	grant, err := m.grant(ctx, m.endpoint)
	if err != nil {
		return Token{}, &RefreshError{Err: err}
	}
	call, err := endpoints.Grant(ctx, m.endpoint, m.client, m.params, grant, m.transport)
	if err != nil {
		return Token{}, &RefreshError{Err: err}
	}
	parsed, _, err := sendForToken(ctx, call, tokens.Names{})
	if err != nil {
		return Token{}, refreshFailure(err, func(*EndpointError) bool { return false })
	}
	t := Token(parsed)
	if slices.Contains([]string{"n_a", "N_A"}, t.TokenType) { // RFC 8693, section 2.2.1
		t.TokenType = ""
	}
	return t, nil
}

// mintWith is Mint of a Minter that is used outside of a Config, or within a function of the
// user's.
func mintWith(ctx context.Context, m configurable) (Token, error) {
	c, err := m.configure(endpoints.Of(ctx))
	if err != nil {
		return Token{}, &RefreshError{Err: err}
	}
	return c.Refresh(ctx, Token{})
}

// AssertionFile returns a function for [ClientCredentials].ClientAssertion or
// [TokenExchange].SubjectToken that reads a token from a file each time, since platforms rotate it:
// the projected service account token of Kubernetes, the file in AZURE_FEDERATED_TOKEN_FILE. It
// reads at most 64 KiB of a regular file.
func AssertionFile(path string) func(ctx context.Context, audience string) (string, error) {
	return func(context.Context, string) (string, error) {
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		if !info.Mode().IsRegular() {
			return "", fmt.Errorf("%s is not a regular file", path)
		}
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }() // it was only read
		data, err := io.ReadAll(io.LimitReader(f, tokens.MaxLength+1))
		text := strings.TrimSpace(string(data))
		switch {
		case err != nil:
			return "", err
		case text == "" || len(data) > tokens.MaxLength || !tokens.HeaderSafe(text):
			return "", fmt.Errorf("%s does not hold a token", path)
		default:
			return text, nil
		}
	}
}
