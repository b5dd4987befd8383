//go:build !unix

package storagetest

import "testing"

func (c *child) pause(t *testing.T) {
	t.Helper()
	t.Skip("this system cannot stop a process and let it go on")
}

func (c *child) resume(t *testing.T) { t.Helper() }
