package login

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
)

// errOtherLogin refuses a response whose state is not that of the request.
var errOtherLogin = errors.New("login: this address belongs to another login; use the newest one")

// authRequest is one authorization request and the secrets that its response must match.
type authRequest struct {
	client                           *Client
	redirect, state, nonce, verifier string
	pushed                           bool // it is sent to the provider first (RFC 9126)
}

// newAuthRequest makes a request with fresh secrets.
func newAuthRequest(c *Client, redirect string) *authRequest {
	r := &authRequest{client: c, redirect: redirect, state: rand.Text(), verifier: oauth2.GenerateVerifier()}
	if slices.Contains(c.Scopes, "openid") {
		r.nonce = rand.Text()
	}
	return r
}

// params returns the parameters of the request (RFC 6749, section 4.1.1; RFC 7636).
func (r *authRequest) params() url.Values {
	return r.client.form(map[string]string{
		"response_type":         "code",
		"client_id":             r.client.ID,
		"redirect_uri":          r.redirect,
		"scope":                 strings.Join(r.client.Scopes, " "),
		"state":                 r.state,
		"nonce":                 r.nonce,
		"code_challenge":        oauth2.S256ChallengeFromVerifier(r.verifier),
		"code_challenge_method": "S256",
	})
}

// address returns the URL that the user has to open.
func (r *authRequest) address(ctx context.Context) (string, error) {
	u, err := url.Parse(r.client.Provider.Endpoint.AuthURL)
	if err != nil {
		return "", errors.New("login: the authorization endpoint is not a URL")
	}
	params := r.params()
	if r.pushed {
		uri, err := r.push(ctx, params)
		if err != nil {
			return "", err
		}
		params = url.Values{"client_id": {r.client.ID}, "request_uri": {uri}}
	}
	q := u.Query()
	maps.Copy(q, params)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// push sends the request to the provider and returns its request_uri (RFC 9126).
func (r *authRequest) push(ctx context.Context, params url.Values) (string, error) {
	resp, cancel, err := r.client.post(ctx, r.client.Provider.PushedAuthorizationURL, params)
	if err != nil {
		return "", err
	}
	defer cancel()
	defer func() { _ = resp.Body.Close() }() // the body has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", fmt.Errorf("login: reading the pushed request's response: %w", err)
	}
	var got struct {
		URI         string `json:"request_uri"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	err = json.Unmarshal(body, &got)
	switch {
	case err == nil && got.Error != "":
		return "", newError(got.Error, got.Description, resp.StatusCode, r.client.Secret)
	case err != nil || got.URI == "" || resp.StatusCode/100 != 2:
		return "", fmt.Errorf("login: pushing the request got %s and no request_uri; "+
			"check the URL for pushed requests", statusOf(resp))
	}
	return got.URI, nil
}

// response is the response to an authorization request.
type response struct {
	query  url.Values
	bare   bool // the user has pasted the code alone
	finish func(error)
}

// parsePasted reads the address that the user has pasted, or the code alone.
func (r *authRequest) parsePasted(text string) (*response, error) {
	text = strings.TrimSpace(text)
	done := func(error) {}
	if _, query, ok := strings.Cut(text, "?"); ok || strings.Contains(text, "code=") {
		if !ok {
			query = text
		}
		query, _, _ = strings.Cut(query, "#")
		q, err := url.ParseQuery(query)
		if err != nil || q.Get("code") == "" && q.Get("error") == "" {
			return nil, errors.New("login: this is not the address that the browser ended at; copy all of it")
		}
		if !r.ours(q) {
			return nil, errOtherLogin
		}
		return &response{query: q, finish: done}, nil
	}
	const longest = 8192
	if text == "" || len(text) > longest || strings.ContainsAny(text, " \t\r\n<>\"") || strings.Contains(text, "://") {
		return nil, errors.New("login: paste the address that the browser ended at, or the code in it")
	}
	return &response{query: url.Values{"code": {text}}, bare: true, finish: done}, nil
}

// ours reports whether a response has the state of the request.
func (r *authRequest) ours(q url.Values) bool {
	return len(q["state"]) == 1 && subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(r.state)) == 1
}

// code checks a response and returns its code.
func (r *authRequest) code(resp *response) (string, error) {
	q, p := resp.query, &r.client.Provider
	if !resp.bare {
		for _, name := range []string{"code", "state", "iss", "error"} {
			if len(q[name]) > 1 {
				return "", fmt.Errorf("login: the response has %s twice; start again", name)
			}
		}
		switch iss := q.Get("iss"); {
		case !r.ours(q):
			return "", errOtherLogin
		case iss != "" && p.Issuer != "" && iss != p.Issuer:
			return "", fmt.Errorf("login: the response is from %q, not from %q; start again",
				shown(iss, 200, nil), p.Issuer)
		case iss == "" && p.SendsIssuer:
			return "", errors.New("login: the response has no iss, which this provider always sends; start again")
		}
	}
	if code := q.Get("error"); code != "" {
		return "", newError(code, q.Get("error_description"), 0, r.state)
	}
	if q.Get("code") == "" {
		return "", errors.New("login: the response has no code; start again")
	}
	return q.Get("code"), nil
}

// exchange exchanges the code of a response for the token (RFC 6749, section 4.1.3).
func (r *authRequest) exchange(ctx context.Context, resp *response) (auth.Token, error) {
	code, err := r.code(resp)
	if err != nil {
		return auth.Token{}, err
	}
	token, err := r.client.token(ctx, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {r.redirect}, "code_verifier": {r.verifier},
	}, code, r.verifier)
	if err != nil {
		return auth.Token{}, err
	}
	if err := r.checkNonce(token.IDToken); err != nil {
		return auth.Token{}, err
	}
	return token, nil
}

// checkNonce compares the nonce of the ID token, if there is one, with that of the request (OpenID
// Connect Core 1.0, section 3.1.3.7).
func (r *authRequest) checkNonce(idToken string) error {
	parts := strings.Split(idToken, ".")
	if r.nonce == "" || len(parts) != 3 {
		return nil
	}
	var claims struct {
		Nonce *string `json:"nonce"`
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil || claims.Nonce == nil || *claims.Nonce != r.nonce {
		return errors.New("login: the ID token is not of this login: its nonce is another one; start again")
	}
	return nil
}

// statusOf names a status in an error.
func statusOf(resp *http.Response) string {
	return fmt.Sprintf("status %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
}
