package idp_test

import (
	"context"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/login"
)

// refresherOf refreshes as the client authenticates.
func refresherOf(c login.Client, m *meter) auth.Refresher {
	c.Transport = m
	return c.Refresher()
}

// revokerOf revokes the refresh token (RFC 7009).
func revokerOf(c login.Client, m *meter) func(context.Context, auth.Token) error {
	c.Transport = m
	return c.Revoker().Revoke
}
