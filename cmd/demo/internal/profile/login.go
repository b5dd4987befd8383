package profile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
)

// ErrRefused is a login that the server did not accept.
var ErrRefused = errors.New("the server refused the user name or the password")

// StatusError is an answer that is no success.
type StatusError struct {
	Status int
	What   string // what was asked for
}

// Error returns a message that tells the status.
func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered %s with %d %s", e.What, e.Status, http.StatusText(e.Status))
}

// askREST posts name and password as JSON.
func (p *Profile) askREST(ctx context.Context, user, password string) (auth.Token, error) {
	endpoint, err := p.Server.endpoint(p.Server.LoginURL)
	if err != nil {
		return auth.Token{}, fmt.Errorf("%w: login_url: %w", ErrConfig, err)
	}
	asked := time.Now()
	resp, err := p.Client.R().SetContext(auth.WithoutAuth(ctx)).
		SetBody(map[string]string{p.Server.UserField: user, p.Server.PasswordField: password}).Post(endpoint)
	if err != nil {
		return auth.Token{}, err
	}
	switch {
	case resp.StatusCode() == http.StatusUnauthorized, resp.StatusCode() == http.StatusForbidden:
		return auth.Token{}, ErrRefused
	case resp.IsError():
		return auth.Token{}, &StatusError{Status: resp.StatusCode(), What: "the login"}
	}
	return parse(resp.Body(), p.Server.AccessField, p.Server.RefreshField, asked)
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

// refusedByOAuth2 tells a refusal from trouble. The texts of the error quote the answer, so they are not used.
func refusedByOAuth2(err error) error {
	re, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok:
		return err
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

// ParseToken reads a token that the user got elsewhere: the JSON answer of a token endpoint, or a bare refresh token.
func ParseToken(data []byte, accessField, refreshField string) (auth.Token, error) {
	if len(data) == 0 {
		return auth.Token{}, errors.New("there is no token")
	}
	if data[0] == '{' {
		return parse(data, accessField, refreshField, time.Now())
	}
	return auth.Token{RefreshToken: string(data)}, nil
}
