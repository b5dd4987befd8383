package idp_test

import (
	"context"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/login"
)

// refresherOf refreshes as the client authenticates.
func refresherOf(c login.Client, m *meter) auth.Refresher {
	return auth.OAuth2Refresher{Config: c.OAuth2(), Transport: m}
}

// revokerOf revokes the refresh token (RFC 7009).
func revokerOf(c login.Client, m *meter) func(context.Context, auth.Token) error {
	return auth.OAuth2Revoker{URL: c.Provider.RevocationURL, ClientID: c.ID, ClientSecret: c.Secret, Transport: m}.Revoke
}
