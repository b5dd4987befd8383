package profile

import (
	"context"
	"fmt"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// refresher speaks the dialect of the server.
func (p *Profile) refresher() (auth.Refresher, error) {
	base := p.transport(wire.Refresh, "token-refresh")
	switch s := p.Server; s.Dialect {
	case REST:
		return auth.JSONRefresher{
			URL: s.RefreshURL, RequestField: s.RefreshField,
			AccessTokenField: s.AccessField, RefreshTokenField: s.RefreshField, Transport: base,
		}, nil
	case OAuth2:
		return auth.OAuth2Refresher{Config: p.oauth2(s.TokenURL), Transport: base}, nil
	default:
		return nil, fmt.Errorf("%w: dialect %q; use %s or %s", ErrConfig, s.Dialect, REST, OAuth2)
	}
}

// oauth2 is the client as package oauth2 wants it.
func (p *Profile) oauth2(tokenURL string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.Server.ClientID, ClientSecret: p.secret, Scopes: p.Server.Scopes,
		Endpoint: oauth2.Endpoint{TokenURL: tokenURL},
	}
}

// readSecret reads that of the OAuth client, from a file that nobody else can read.
func (p *Profile) readSecret() (err error) {
	if p.Server.ClientSecretFile != "" {
		p.secret, err = keyring.PassphraseFile(p.Server.ClientSecretFile)("")
	}
	return err
}

// Login exchanges name and password for a session.
func (p *Profile) Login(ctx context.Context, user, password string) error {
	ctx = wire.As(ctx, wire.Login)
	ask := p.askREST
	if p.Server.Dialect == OAuth2 {
		ask = p.askOAuth2
	}
	t, err := ask(ctx, user, password)
	if err != nil {
		return err
	}
	return p.Session.Login(ctx, t)
}

// askOAuth2 uses the password grant of RFC 6749 §4.3.
func (p *Profile) askOAuth2(ctx context.Context, user, password string) (auth.Token, error) {
	endpoint, err := p.Server.endpoint(p.Server.TokenURL)
	if err != nil {
		return auth.Token{}, fmt.Errorf("%w: token_url: %w", ErrConfig, err)
	}
	c := p.oauth2(endpoint)
	c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	if p.secret != "" {
		c.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.loginClient())
	t, err := c.PasswordCredentialsToken(ctx, user, password)
	if err != nil {
		return auth.Token{}, refusedByOAuth2(err)
	}
	return auth.FromOAuth2(t), nil
}
