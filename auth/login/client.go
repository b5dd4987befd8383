package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
)

// Client is an OAuth client at one provider: what all ways to sign in have in common. ID and the
// endpoints of Provider that are used are required. A Client prints without its secrets.
type Client struct {
	// Provider has the endpoints, from [Discover] or written by hand.
	Provider Provider
	// ID is the client id that the provider has assigned.
	ID string
	// Secret authenticates a confidential client. Default "": a public client, as RFC 8252
	// recommends for programs on the user's machine.
	Secret string
	// AuthStyle is how Secret is sent. Default: Provider.Endpoint.AuthStyle, and if that is not set
	// either, in the Authorization header (RFC 6749, section 2.3.1).
	AuthStyle oauth2.AuthStyle
	// Assertion authenticates the client by a signed JWT (RFC 7523, section 2.2) in place of
	// Secret: it is called for every request, with the URL of the token endpoint as the audience.
	// [PrivateKeyJWT] makes one.
	Assertion func(ctx context.Context, audience string) (string, error)
	// Scopes are requested. Most providers issue a refresh token only for "offline_access".
	Scopes []string
	// Params are further parameters of the authorization request, the device authorization request
	// and the token request: audience, resource (RFC 8707), prompt, login_hint …
	// They cannot replace those of the protocol.
	Params url.Values
	// Transport sends the requests. Default: that of the client which oauth2.HTTPClient names in
	// the context, or [http.DefaultTransport].
	Transport http.RoundTripper
}

// Refresher returns a refresher for the tokens of this client, for auth.Config. The parameters
// resource and audience are those of Params. It does not use Transport, which may be one for the
// login only, such as that of a DPoP key: without a Transport of its own it sends beneath the
// session's chain.
func (c Client) Refresher() auth.OAuth2Refresher {
	return auth.OAuth2Refresher{Config: c.OAuth2(), Params: c.targets(), ClientAssertion: c.Assertion}
}

// Revoker returns a revoker for the tokens of this client at a logout (RFC 7009): its method Revoke
// is for auth.Config. It fails if the provider has no RevocationURL. Assertions are made for the
// token endpoint, as in all other requests: not every provider accepts the revocation endpoint. As
// with Refresher, Transport is not used.
func (c Client) Revoker() auth.OAuth2Revoker {
	r := auth.OAuth2Revoker{
		URL: c.Provider.RevocationURL, ClientID: c.ID, ClientSecret: c.Secret, AuthStyle: c.style(),
	}
	if c.Assertion != nil {
		r.ClientAssertion = func(ctx context.Context, _ string) (string, error) {
			return c.Assertion(ctx, c.Provider.Endpoint.TokenURL)
		}
	}
	return r
}

// OAuth2 returns the client as x/oauth2 describes it, for libraries that want that. It has no
// redirect URL and no assertion.
func (c Client) OAuth2() *oauth2.Config {
	endpoint := c.Provider.Endpoint
	endpoint.AuthStyle = c.style()
	return &oauth2.Config{ClientID: c.ID, ClientSecret: c.Secret, Endpoint: endpoint, Scopes: c.Scopes}
}

// targets returns the parameters that every token request repeats (RFC 8707).
func (c Client) targets() url.Values {
	form := url.Values{}
	for _, name := range []string{"resource", "audience"} {
		if values, set := c.Params[name]; set {
			form[name] = slices.Clone(values)
		}
	}
	return form
}

// style returns how the secret is sent.
func (c Client) style() oauth2.AuthStyle {
	switch {
	case c.Secret == "":
		return oauth2.AuthStyleInParams
	case c.AuthStyle != oauth2.AuthStyleAutoDetect:
		return c.AuthStyle
	case c.Provider.Endpoint.AuthStyle != oauth2.AuthStyleAutoDetect:
		return c.Provider.Endpoint.AuthStyle
	}
	return oauth2.AuthStyleInHeader
}

// check returns every problem of the client and the endpoints that are needed, by name.
func (c Client) check(endpoints map[string]string) error {
	var errs []error
	if c.ID == "" {
		errs = append(errs, errors.New("login: Client.ID is required; register a client, by hand or with Register"))
	}
	if c.Secret != "" && c.Assertion != nil {
		errs = append(errs, errors.New("login: Client has both Secret and Assertion; remove one"))
	}
	for name, endpoint := range endpoints {
		if endpoint == "" {
			errs = append(errs, fmt.Errorf("login: the provider has no %s; sign in another way", name))
		} else if err := checkEndpoint(name, endpoint); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// form returns Params with the parameters of the protocol, which win.
func (c Client) form(protocol map[string]string) url.Values {
	form := url.Values{}
	for name, values := range c.Params {
		form[name] = slices.Clone(values)
	}
	for name, value := range protocol {
		if value == "" {
			form.Del(name)
		} else {
			form.Set(name, value)
		}
	}
	return form
}

// text returns the client without its secrets.
func (c Client) text() string {
	return fmt.Sprintf("login.Client(%q at %q)", c.ID, c.Provider.Issuer)
}

// String returns the client without its secrets.
func (c Client) String() string { return c.text() }

// Format prints String, whatever the verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.text()) }

// MarshalText returns String, for logs and JSON.
func (c Client) MarshalText() ([]byte, error) { return []byte(c.text()), nil }

// LogValue returns String.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.text()) }
