package idp_test

import (
	"context"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/login"
)

// refresherOf refreshes as the client authenticates.
func refresherOf(c login.Client, m *meter) auth.Refresher {
	r := c.Refresher()
	r.Transport = m
	return r
}

// revokerOf revokes the refresh token (RFC 7009).
func revokerOf(c login.Client, m *meter) func(context.Context, auth.Token) error {
	r := c.Revoker()
	r.Transport = m
	return r.Revoke
}
