package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// metadata is what OpenID Connect Discovery 1.0 and RFC 8414 publish.
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Device        string   `json:"device_authorization_endpoint"`
	Revocation    string   `json:"revocation_endpoint"`
	EndSession    string   `json:"end_session_endpoint"`
	Pushed        string   `json:"pushed_authorization_request_endpoint"`
	Registration  string   `json:"registration_endpoint"`
	UserInfo      string   `json:"userinfo_endpoint"`
	RequirePush   bool     `json:"require_pushed_authorization_requests"`
	SendsIssuer   bool     `json:"authorization_response_iss_parameter_supported"`
	Scopes        []string `json:"scopes_supported"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	Grants        []string `json:"grant_types_supported"`
	DPoP          []string `json:"dpop_signing_alg_values_supported"`
}

// Discover returns the metadata of a provider by its issuer URL, as in OpenID Connect Discovery 1.0
// or RFC 8414: the documents /.well-known/openid-configuration beneath the issuer and
// /.well-known/oauth-authorization-server of its host are tried in this order.
//
// The issuer must be https or on loopback, and the document must name the same issuer, character by
// character. Every endpoint in it must be https or on loopback. The requests are sent by the client
// that oauth2.HTTPClient names in the context, or by [http.DefaultTransport].
func Discover(ctx context.Context, issuer string) (*Provider, error) {
	if err := checkEndpoint("issuer", issuer); err != nil {
		return nil, err
	}
	u, err := url.Parse(issuer)
	if err != nil || u.RawQuery != "" {
		return nil, errors.New("login: an issuer has no query; remove it")
	}
	var errs []error
	for _, place := range wellKnown(u) {
		m, err := fetchMetadata(ctx, place)
		switch {
		case err != nil:
			errs = append(errs, err)
			continue
		case m.Issuer != issuer:
			return nil, fmt.Errorf("login: the provider at %s calls itself %q, not %q; if you trust it, use exactly that",
				u.Host, shown(m.Issuer, 200, nil), issuer)
		}
		return m.provider()
	}
	return nil, fmt.Errorf("login: no metadata of %s; check the issuer, or set the endpoints by hand: %w", issuer, errors.Join(errs...))
}

// wellKnown returns the places where the metadata of an issuer may be.
func wellKnown(issuer *url.URL) []string {
	path := strings.TrimSuffix(issuer.EscapedPath(), "/")
	base := issuer.Scheme + "://" + issuer.Host
	places := []string{
		base + path + "/.well-known/openid-configuration",
		base + "/.well-known/oauth-authorization-server" + path,
	}
	if path != "" { // seen at servers that follow RFC 8414 for both
		places = append(places, base+"/.well-known/openid-configuration"+path)
	}
	return places
}

// fetchMetadata reads one document.
func fetchMetadata(ctx context.Context, place string) (*metadata, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, place, http.NoBody)
	if err != nil {
		return nil, withoutURL(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := send(nil, req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // the body has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", req.URL.Path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d", req.URL.Path, resp.StatusCode)
	}
	m := new(metadata)
	if err := json.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("%s: not the JSON of a provider", req.URL.Path)
	}
	return m, nil
}

// provider checks the endpoints and returns them.
func (m *metadata) provider() (*Provider, error) {
	var errs []error
	for name, endpoint := range map[string]string{
		"authorization_endpoint": m.Authorization, "token_endpoint": m.Token,
		"device_authorization_endpoint": m.Device, "revocation_endpoint": m.Revocation,
		"end_session_endpoint": m.EndSession, "pushed_authorization_request_endpoint": m.Pushed,
		"registration_endpoint": m.Registration, "userinfo_endpoint": m.UserInfo,
	} {
		if endpoint != "" {
			errs = append(errs, checkEndpoint("the provider's "+name, endpoint))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Provider{
		Issuer: m.Issuer,
		Endpoint: oauth2.Endpoint{
			AuthURL: m.Authorization, TokenURL: m.Token, DeviceAuthURL: m.Device, AuthStyle: m.authStyle(),
		},
		RevocationURL: m.Revocation, EndSessionURL: m.EndSession, PushedAuthorizationURL: m.Pushed,
		RegistrationURL: m.Registration, UserInfoURL: m.UserInfo,
		RequirePush: m.RequirePush, SendsIssuer: m.SendsIssuer,
		Scopes: m.Scopes, AuthMethods: m.AuthMethods, ChallengeMethods: m.Challenges, GrantTypes: m.Grants,
		DPoPAlgorithms: m.DPoP,
	}, nil
}

// authStyle returns how a secret is sent: in the header, which is the default of RFC 8414, unless
// only the form is supported.
func (m *metadata) authStyle() oauth2.AuthStyle {
	if !slices.Contains(m.AuthMethods, "client_secret_basic") && slices.Contains(m.AuthMethods, "client_secret_post") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}
