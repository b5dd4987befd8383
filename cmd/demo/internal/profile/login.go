package profile

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

// ErrRefused is a login that the server did not accept.
var ErrRefused = errors.New("the server refused the user name or the password")

// StatusError is a response that is not a success.
type StatusError struct {
	Status int
	What   string // what was asked for
	// Unsigned is the origin of a request that did not carry the token, because the origin is not
	// an allowed one. "" for other requests.
	Unsigned string
}

// Error returns a message with the status.
func (e *StatusError) Error() string {
	return fmt.Sprintf("the server responded to %s with %d %s", e.What, e.Status, http.StatusText(e.Status))
}

// ClientError is an OAuth client that the server does not accept.
type ClientError struct{ Code string } // invalid_client …

// Error returns a message with the code.
func (e *ClientError) Error() string { return "the server does not accept the client: " + e.Code }

// RedirectError is a login that the server redirects. It was not followed: the password is for the
// configured URL only.
type RedirectError struct {
	Status int
	To     string // without its query; "" if the server did not say
}

// Error returns a message with the address.
func (e *RedirectError) Error() string {
	return fmt.Sprintf("the server redirects the login to %s (%d); the password was not sent there",
		cmp.Or(e.To, "another address"), e.Status)
}

// redirected returns the error for a response that redirects, and nil for others.
func redirected(resp *http.Response) error {
	if resp.StatusCode < 300 || resp.StatusCode > 399 {
		return nil
	}
	e := &RedirectError{Status: resp.StatusCode}
	if u, err := resp.Location(); err == nil {
		e.To = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	}
	return e
}

// loginClient sends passwords: to the address it is given, and to no other.
func (p *Profile) loginClient() *http.Client {
	return &http.Client{
		Transport: p.loginTransport(), Timeout: p.timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// loginTransport sends the requests of a login, with proofs if the tokens are to be bound to a key.
func (p *Profile) loginTransport() http.RoundTripper {
	base := p.transport(wire.Login, "login")
	if p.key != nil {
		return p.key.Transport(base)
	}
	return base
}

// begin begins the session with a token that the login got.
func (p *Profile) begin(ctx context.Context, t auth.Token) (err error) {
	if p.key != nil {
		if t, err = p.key.Bind(t); err != nil {
			return fmt.Errorf("%w: dpop: %w", ErrConfig, err)
		}
	}
	return p.Session.Login(ctx, t)
}

// Login exchanges name and password for a session.
func (p *Profile) Login(ctx context.Context, user, password string) error {
	ask := p.askREST
	if p.Server.Dialect == OAuth2 {
		ask = p.askOAuth2
	}
	t, err := ask(wire.As(ctx, wire.Login), user, password)
	if err != nil {
		return err
	}
	return p.begin(ctx, t)
}

// askREST posts name and password as JSON.
func (p *Profile) askREST(ctx context.Context, user, password string) (auth.Token, error) {
	endpoint, err := p.Server.endpoint(p.Server.LoginURL)
	if err != nil {
		return auth.Token{}, fmt.Errorf("%w: login_url: %w", ErrConfig, err)
	}
	body, err := json.Marshal(map[string]string{p.Server.UserField: user, p.Server.PasswordField: password})
	if err != nil {
		return auth.Token{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return auth.Token{}, fmt.Errorf("%w: login_url: %w", ErrConfig, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := p.loginClient().Do(req)
	if err != nil {
		return auth.Token{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := redirected(resp); err != nil {
		return auth.Token{}, err
	}
	t, err := p.jsonRefresher().ParseToken(resp)
	if err == nil {
		return t, nil
	}
	return auth.Token{}, p.refusal(resp.StatusCode, err)
}

// refusal separates a wrong password from trouble at the server.
func (p *Profile) refusal(status int, err error) error {
	e, _ := errors.AsType[*auth.EndpointError](err)
	switch {
	case e == nil:
		return fmt.Errorf("the response to the login: %w", err)
	case e.RetryAfter > 0, status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return &StatusError{Status: status, What: "the login"}
	case e.Code == "invalid_client", e.Code == "unauthorized_client", e.Code == "unsupported_grant_type":
		return &ClientError{e.Code}
	case status == http.StatusUnauthorized, status == http.StatusForbidden, e.Code == "invalid_grant", e.Code == "invalid_credentials":
		return ErrRefused
	case status >= http.StatusBadRequest:
		return &StatusError{Status: status, What: "the login"}
	default:
		return fmt.Errorf("the response to the login has no token: %w", err)
	}
}

// askOAuth2 uses the password grant of RFC 6749, section 4.3.
func (p *Profile) askOAuth2(ctx context.Context, user, password string) (auth.Token, error) {
	client, err := p.client()
	if err != nil {
		return auth.Token{}, err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.loginClient())
	t, err := client.OAuth2().PasswordCredentialsToken(ctx, user, password)
	if err != nil {
		return auth.Token{}, refusedByOAuth2(err)
	}
	return auth.FromOAuth2(t), nil
}

// refusedByOAuth2 separates a refusal from trouble. The texts of the error quote the response, so
// they are not used.
func refusedByOAuth2(err error) error {
	re, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok:
		return err
	case re.Response != nil && redirected(re.Response) != nil:
		return redirected(re.Response)
	case re.ErrorCode == "invalid_grant":
		return ErrRefused
	case re.ErrorCode == "invalid_client", re.ErrorCode == "unauthorized_client", re.ErrorCode == "unsupported_grant_type":
		return &ClientError{re.ErrorCode}
	case re.Response != nil && re.Response.StatusCode >= http.StatusBadRequest:
		return &StatusError{Status: re.Response.StatusCode, What: "the login"}
	default:
		return errors.New("the response to the login has no token")
	}
}
