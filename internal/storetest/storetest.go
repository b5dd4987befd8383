// Package storetest is what the tests of stores in several modules share.
//
// # Overview
//
// [Sessions] runs auth.Sessions of two programs over a store, and [Close] closes a store at the end
// of its test. Package storagetest, which is public, has the contract of a store.
//
// # Usage
//
//	storetest.Sessions(t, func() auth.Store { return open(t) })
//
// # Errors
//
// They fail the test.
//
// # Concurrency
//
// The functions belong on the goroutine of the test.
//
// # Security
//
// The tokens are made up.
package storetest

import (
	"context"
	"testing"
	"time"
)

// A Closer is a store or a session.
type Closer interface {
	Close(ctx context.Context) error
}

// Close closes c when the test has ended, and fails the test if that fails or takes a minute.
func Close(t *testing.T, c Closer) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}
