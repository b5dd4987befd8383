//go:build !unix

package storagetest

func (c *child) pause(t *tester) {
	t.Helper()
	t.Skip("this system cannot stop a process and let it go on")
}

func (c *child) resume(t *tester) { t.Helper() }
