package profile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

// ErrRefused is a login that the server did not accept.
var ErrRefused = errors.New("the server refused the user name or the password")

// maxTokenResponse is the longest response to a login that is read, in bytes.
const maxTokenResponse = 1 << 20

// StatusError is a response that is not a success.
type StatusError struct {
	Status int
	What   string // what was asked for
}

// Error returns a message with the status.
func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered %s with %d %s", e.What, e.Status, http.StatusText(e.Status))
}

// RedirectError is a login that the server redirects. It was not followed: the password is for the
// configured URL only.
type RedirectError struct {
	Status int
	To     string // without its query; "" if the server did not say
}

// Error returns a message with the address.
func (e *RedirectError) Error() string {
	to := "another address"
	if e.To != "" {
		to = e.To
	}
	return fmt.Sprintf("the server redirects the login to %s (%d); the password was not sent there", to, e.Status)
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
		Transport: p.transport(wire.Login, "login"), Timeout: p.timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
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
	asked := time.Now()
	resp, err := p.loginClient().Do(req)
	if err != nil {
		return auth.Token{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := redirected(resp); err != nil {
		return auth.Token{}, err
	}
	switch {
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return auth.Token{}, ErrRefused
	case resp.StatusCode >= http.StatusBadRequest:
		return auth.Token{}, &StatusError{Status: resp.StatusCode, What: "the login"}
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenResponse+1))
	if err != nil {
		return auth.Token{}, err
	}
	if len(data) > maxTokenResponse {
		return auth.Token{}, errors.New("the response to the login is longer than 1 MiB")
	}
	return parse(data, p.Server.AccessField, p.Server.RefreshField, asked)
}

// parse reads a token out of an answer that was asked for at that time: an object, or one that wraps it.
func parse(body []byte, accessField, refreshField string, asked time.Time) (auth.Token, error) {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		return auth.Token{}, errors.New("the answer to the login is no JSON object")
	}
	for _, wrap := range []string{"", "data", "result", "session", "tokens"} {
		inner := object
		if wrap != "" {
			inner, _ = object[wrap].(map[string]any)
		}
		t := auth.Token{
			AccessToken:  text(inner, accessField, "accessToken", "access_token", "token", "jwt"),
			RefreshToken: text(inner, refreshField, "refreshToken", "refresh_token"),
			TokenType:    text(inner, "tokenType", "token_type"),
		}
		if t.AccessToken == "" {
			continue
		}
		for _, name := range []string{"expiresIn", "expires_in"} {
			if seconds, ok := inner[name].(float64); ok && seconds > 0 && seconds < 1e9 {
				t.Expiry = asked.Add(time.Duration(seconds * float64(time.Second)))
			}
		}
		return t, nil
	}
	return auth.Token{}, errors.New("the answer to the login holds no access token")
}

// text is the first member that is a text.
func text(object map[string]any, names ...string) string {
	for _, name := range names {
		if s, ok := object[name].(string); ok && s != "" {
			return s
		}
	}
	return ""
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
		return fmt.Errorf("%w: the server says %s: client_id and client_secret_file, or log in with --with-token", ErrConfig, re.ErrorCode)
	case re.Response != nil:
		return &StatusError{Status: re.Response.StatusCode, What: "the login"}
	default:
		return errors.New("the server's answer to the login holds no token")
	}
}

// maxBareToken is the longest refresh token that ParseToken takes, in bytes.
const maxBareToken = 16 << 10

// ParseToken reads a token that the user got elsewhere: the JSON response of a token endpoint, or a
// bare refresh token. Other texts, such as a page or a list, are an error.
func ParseToken(data []byte, accessField, refreshField string) (auth.Token, error) {
	if len(data) == 0 {
		return auth.Token{}, errors.New("there is no token")
	}
	if data[0] == '{' {
		return parse(data, accessField, refreshField, time.Now())
	}
	if err := checkBareToken(string(data)); err != nil {
		return auth.Token{}, err
	}
	return auth.Token{RefreshToken: string(data)}, nil
}

// checkBareToken refuses what is not the text of a token. RFC 6749 (appendix A.17) allows every
// visible character; those that appear in pages, lists and quoted text but in no known server's
// tokens are refused, because sending such a text to a server cannot help.
func checkBareToken(text string) error {
	switch {
	case len(text) > maxBareToken:
		return errors.New("the token is longer than 16 KiB")
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return errors.New("the text is not a token: it has spaces, more than one line or characters that tokens do not have")
	case strings.ContainsAny(text, `<>[]{}"'\`+"`"+`\,;`), text == "null", text == "undefined":
		return errors.New("the text is neither a token nor the JSON of a token endpoint")
	default:
		return nil
	}
}

// ErrUnproven is an access token without a refresh token, which nothing can show to be good, where
// it would replace a session.
var ErrUnproven = errors.New("the token has no refresh token to check it by, and would replace a session")

// LoginWithToken begins a session with a token from elsewhere. It replaces a session only by a token
// that the server has accepted: a refresh token is exchanged for a new pair first. An access token
// alone is stored unchecked if there is no session, and is [ErrUnproven] if there is one.
func (p *Profile) LoginWithToken(ctx context.Context, t auth.Token) error {
	if t.RefreshToken != "" {
		fresh, err := p.exchange(ctx, t)
		if err != nil {
			return err
		}
		return p.Session.Login(ctx, fresh)
	}
	st, err := p.Session.Status(ctx)
	if err != nil && !errors.Is(err, auth.ErrSessionUnreadable) {
		return err
	}
	if st.SignedIn {
		return ErrUnproven
	}
	return p.Session.Login(ctx, t)
}

// exchange refreshes a token in a session of its own, which is never stored.
func (p *Profile) exchange(ctx context.Context, t auth.Token) (fresh auth.Token, err error) {
	c, err := p.config(Options{})
	if err != nil {
		return auth.Token{}, err
	}
	session, err := auth.New(c)
	if err != nil {
		return auth.Token{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	defer func() { err = errors.Join(err, session.Close(context.WithoutCancel(ctx))) }()
	if err := session.Login(ctx, t); err != nil {
		return auth.Token{}, err
	}
	fresh, err = session.Refresh(ctx)
	switch {
	case errors.Is(err, auth.ErrLoginRequired):
		return auth.Token{}, ErrTokenRefused
	case err != nil:
		return auth.Token{}, fmt.Errorf("the token could not be checked: %w", err)
	default:
		return fresh, nil
	}
}

// ErrTokenRefused is a token from elsewhere that the server did not accept.
var ErrTokenRefused = errors.New("the server did not accept the refresh token")
