package login

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

// Registration describes a client to register (RFC 7591). The zero value registers a public client
// with the redirect URL of [Browser]'s default.
type Registration struct {
	// Name is shown to users.
	Name string
	// RedirectURLs are where the browser may be sent. Default: "http://127.0.0.1/callback", which
	// stands for every port (RFC 8252, section 7.3).
	RedirectURLs []string
	// Scopes are those that the client will request. Default: the provider's.
	Scopes []string
	// Confidential asks for a client secret.
	Confidential bool
	// AccessToken is the initial access token that some providers require. It is sent to the
	// registration endpoint only.
	AccessToken string
}

// Register registers a client (RFC 7591) and returns it, ready for [Browser] or [Device]. Keep the
// ID, and the Secret where secrets are kept: every call registers another client. The request is
// sent like those of [Discover].
func (p *Provider) Register(ctx context.Context, r Registration) (*Client, error) {
	if p.RegistrationURL == "" {
		return nil, errors.New("login: the provider does not let programs register; register a client by hand")
	}
	if err := checkEndpoint("RegistrationURL", p.RegistrationURL); err != nil {
		return nil, err
	}
	body, err := json.Marshal(r.request(p))
	if err != nil {
		return nil, fmt.Errorf("login: the registration: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.RegistrationURL, bytes.NewReader(body))
	if err != nil {
		return nil, withoutURL(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if r.AccessToken != "" {
		req.Header.Set("Authorization", "Bearer "+r.AccessToken)
	}
	resp, err := send(nil, req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // the body has been read
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("login: reading the registration: %w", err)
	}
	return registered(p, &r, resp.StatusCode, data)
}

// request returns the client metadata of RFC 7591, section 2.
func (r *Registration) request(p *Provider) map[string]any {
	redirects := r.RedirectURLs
	if redirects == nil {
		redirects = []string{"http://127.0.0.1/callback"}
	}
	grants := []string{"authorization_code", "refresh_token"}
	if p.Endpoint.DeviceAuthURL != "" {
		grants = append(grants, deviceGrant)
	}
	m := map[string]any{
		"redirect_uris":              redirects,
		"grant_types":                grants,
		"response_types":             []string{"code"},
		"application_type":           "native",
		"token_endpoint_auth_method": "none",
	}
	if r.Confidential {
		m["token_endpoint_auth_method"] = "client_secret_basic"
		if p.Endpoint.AuthStyle == oauth2.AuthStyleInParams {
			m["token_endpoint_auth_method"] = "client_secret_post"
		}
	}
	if r.Name != "" {
		m["client_name"] = r.Name
	}
	if r.Scopes != nil {
		m["scope"] = strings.Join(r.Scopes, " ")
	}
	return m
}

// registered reads the response to a registration.
func registered(p *Provider, r *Registration, status int, body []byte) (*Client, error) {
	var got struct {
		ID          string `json:"client_id"`
		Secret      string `json:"client_secret"`
		AuthMethod  string `json:"token_endpoint_auth_method"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	err := json.Unmarshal(body, &got)
	switch {
	case err == nil && got.Error != "":
		return nil, newError(got.Error, got.Description, status, r.AccessToken)
	case err != nil || got.ID == "" || status/100 != 2:
		return nil, fmt.Errorf("login: the registration got status %d and no client_id; register a client by hand", status)
	}
	c := &Client{Provider: *p, ID: got.ID, Secret: got.Secret, Scopes: r.Scopes}
	switch got.AuthMethod {
	case "client_secret_post":
		c.AuthStyle = oauth2.AuthStyleInParams
	case "client_secret_basic":
		c.AuthStyle = oauth2.AuthStyleInHeader
	case "none":
		c.Secret = ""
	}
	return c, nil
}
