//go:build unix

package storagetest

import (
	"syscall"
)

// pause stops the process, as a machine that is suspended does.
func (c *child) pause(t *tester) { t.Helper(); c.signal(t, syscall.SIGSTOP) }

func (c *child) resume(t *tester) { t.Helper(); c.signal(t, syscall.SIGCONT) }

func (c *child) signal(t *tester, sig syscall.Signal) {
	t.Helper()
	if err := c.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}
