package storagetest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

// roleFleet: hold the lock until released, store a value, and report.
const roleFleet = "fleet"

// What a process reports of its Update.
const (
	reportSaved = marker + " saved"
	reportLost  = marker + " lost"
	reportError = marker + " error: "
)

func (r role) playFleet(t *tester, f Fleet) {
	t.Helper()
	addr, value := r.args[0], r.args[1]
	s := f.Open(t.T, addr, r.dir)
	end := released()
	err := s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
		announce(t)
		<-end
		return []byte(value), nil
	})
	report := reportSaved
	switch {
	case errors.Is(err, storage.ErrLost):
		report = reportLost
	case err != nil:
		report = reportError + strings.ReplaceAll(err.Error(), "\n", " ")
	}
	write(t, report+"\n")
}

// holder starts a process that holds the lock and will store value.
func (f Fleet) holder(t *tester, space, value string) *child {
	t.Helper()
	c := start(t, roleFleet, space, f.Addr, value)
	c.awaitReady(t)
	return c
}

// report releases the process and returns what it says of its Update.
func (c *child) report(t *tester, limit time.Duration) string {
	t.Helper()
	c.release(t)
	var line string
	within(t, limit, "the other process", func() {
		var err error
		for err == nil && !strings.HasPrefix(line, marker) {
			line, err = c.stdout.ReadString('\n')
		}
	})
	return strings.TrimSuffix(line, "\n")
}

// takeOver waits until the lock of a holder that does not answer is free, and
// calls fn under it.
func takeOver(t *tester, s storage.Store, f Fleet, fn func(context.Context, []byte) ([]byte, error)) error {
	t.Helper()
	var err error
	within(t, f.TTL+2*grace, "Update after the lock of a dead holder expired", func() {
		err = s.Update(t.Context(), key, fn)
	})
	return err
}

func holderKilled(t *tester, f Fleet, space string) {
	t.Helper()
	s := f.Open(t.T, f.Addr, space)
	put(t, s, key, []byte("old"))
	f.holder(t, space, "never").kill(t)
	err := takeOver(t, s, f, func(_ context.Context, old []byte) ([]byte, error) {
		if string(old) != "old" {
			t.Errorf("the callback after a killed holder was given %s; want the old value", brief(old))
		}
		return []byte("new"), nil
	})
	if err != nil {
		t.Errorf("Update after a killed holder: %v", err)
	}
	wantValue(t, s, key, []byte("new"))
}

// wokenFindsNewer: a holder that is stopped for longer than its lock lasts does
// not overwrite what another one stored.
func wokenFindsNewer(t *tester, f Fleet, space string) {
	t.Helper()
	s := f.Open(t.T, f.Addr, space)
	c := f.holder(t, space, "stale")
	c.pause(t)
	err := takeOver(t, s, f, returning([]byte("newer")))
	c.resume(t)
	if err != nil {
		t.Fatalf("Update after a stopped holder: %v", err)
	}
	if got := c.report(t, f.TTL+2*grace); got != reportLost {
		t.Errorf("the woken holder reports %q; want ErrLost", got)
	}
	wantValue(t, s, key, []byte("newer"))
}

// wokenSaves: what the woken holder has may be the only token that the server
// accepts; it is stored if nobody stored anything meanwhile.
func wokenSaves(t *tester, f Fleet, space string) {
	t.Helper()
	s := f.Open(t.T, f.Addr, space)
	put(t, s, key, []byte("old"))
	c := f.holder(t, space, "rescued")
	c.pause(t)
	fail := func(context.Context, []byte) ([]byte, error) { return nil, errCallback }
	err := takeOver(t, s, f, fail)
	c.resume(t)
	if !errors.Is(err, errCallback) {
		t.Fatalf("Update after a stopped holder: %v; want the callback's error", err)
	}
	if got := c.report(t, f.TTL+2*grace); got != reportSaved {
		t.Errorf("the woken holder reports %q; want its value saved", got)
	}
	wantValue(t, s, key, []byte("rescued"))
}
