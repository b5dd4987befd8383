package profile

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/login"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// The values of auth_style.
const (
	AuthHeader = "header"
	AuthParams = "params"
)

// refresher speaks the dialect of the server.
func (p *Profile) refresher() (auth.Refresher, error) {
	switch s := p.Server; s.Dialect {
	case REST:
		return p.jsonRefresher(), nil
	case OAuth2:
		c, err := p.client()
		if err != nil {
			return nil, err
		}
		return auth.OAuth2Refresher{
			Config: c.OAuth2(), Params: c.Params, DeadCodes: s.DeadCodes, Transport: p.transport(wire.Refresh, "token-refresh"),
		}, nil
	default:
		return nil, fmt.Errorf("%w: dialect %q; use %s or %s", ErrConfig, s.Dialect, REST, OAuth2)
	}
}

// jsonRefresher refreshes at a REST server, and reads the responses of its logins.
func (p *Profile) jsonRefresher() auth.JSONRefresher {
	s := p.Server
	fields := make(map[string]any, len(s.Params))
	for name, value := range s.Params {
		fields[name] = value
	}
	return auth.JSONRefresher{
		URL: s.RefreshURL, RequestField: s.RefreshField, Fields: fields, UseAccessToken: s.UseAccessToken,
		AccessTokenField: s.AccessField, RefreshTokenField: s.RefreshField, DeadCodes: s.DeadCodes,
		Transport: p.transport(wire.Refresh, "token-refresh"),
	}
}

// client is the OAuth client.
func (p *Profile) client() (login.Client, error) {
	s := p.Server
	style, err := s.authStyle()
	if err != nil {
		return login.Client{}, err
	}
	token, err := s.endpoint(s.TokenURL)
	if err != nil {
		return login.Client{}, fmt.Errorf("%w: token_url: %w", ErrConfig, err)
	}
	params := make(url.Values, len(s.Params))
	for name, value := range s.Params {
		params.Set(name, value)
	}
	return login.Client{
		Provider: login.Provider{
			Issuer: s.Issuer, RevocationURL: s.RevokeURL,
			Endpoint: oauth2.Endpoint{AuthURL: s.AuthorizationURL, DeviceAuthURL: s.DeviceURL, TokenURL: token, AuthStyle: style},
		},
		ID: s.ClientID, Secret: p.secret, AuthStyle: style, Scopes: s.Scopes, Params: params,
		Transport: p.loginTransport(),
	}, nil
}

// authStyle is where the client's secret goes.
func (s Server) authStyle() (oauth2.AuthStyle, error) {
	switch s.AuthStyle {
	case "":
		return oauth2.AuthStyleAutoDetect, nil
	case AuthHeader:
		return oauth2.AuthStyleInHeader, nil
	case AuthParams:
		return oauth2.AuthStyleInParams, nil
	default:
		return 0, fmt.Errorf("%w: auth_style %q; use %s or %s", ErrConfig, s.AuthStyle, AuthHeader, AuthParams)
	}
}

// revoke returns the function that revokes tokens; nil if it is not known where.
func (p *Profile) revoke() (revoke func(context.Context, auth.Token) error, err error) {
	s := p.Server
	if s.RevokeURL == "" || s.RevokeURL == Nowhere {
		return revoke, nil
	}
	endpoint, err := s.endpoint(s.RevokeURL)
	if err != nil {
		return nil, fmt.Errorf("%w: revoke_url: %w", ErrConfig, err)
	}
	style, err := s.authStyle()
	if err != nil {
		return nil, err
	}
	return auth.OAuth2Revoker{
		URL: endpoint, ClientID: s.ClientID, ClientSecret: p.secret, AuthStyle: style, InsecureAllowHTTP: s.InsecureAllowHTTP,
		Transport: p.transport(wire.Revoke, "token-revocation"),
	}.Revoke, nil
}

// readSecret reads the secret of the OAuth client, from a file that no other user can change.
func (p *Profile) readSecret() (err error) {
	if p.Server.ClientSecretFile != "" {
		p.secret, err = keyring.PassphraseFile(p.Server.ClientSecretFile)("")
	}
	return err
}

// headers adds the server's headers to requests that go to it.
type headers struct {
	server Server
	base   http.RoundTripper
}

// RoundTrip adds the headers to a copy of the request, without replacing any.
func (h headers) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, ours := h.server.Allows(req.URL.String()); ours {
		req = req.Clone(req.Context())
		for name, value := range h.server.Headers {
			if req.Header.Get(name) == "" {
				req.Header.Set(name, value)
			}
		}
	}
	return h.base.RoundTrip(req)
}

// CloseIdleConnections closes those of the base transport.
func (h headers) CloseIdleConnections() {
	if b, ok := h.base.(interface{ CloseIdleConnections() }); ok {
		b.CloseIdleConnections()
	}
}
