// Package authtest runs a fake identity provider and API, for tests of clients that sign in,
// refresh and log out.
package authtest
