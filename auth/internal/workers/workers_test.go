package workers_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/workers"
)

// TestGroup_Close: it waits for what runs, forks included, no longer than its context, and lets
// nothing start any more.
func TestGroup_Close(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g workers.Group
		forked := false
		if !g.Start(func() {
			<-g.Done()
			g.Fork(func() { <-time.After(time.Hour); forked = true })
			runtime.Goexit()
		}) {
			t.Error("an open group starts nothing")
		}
		if g.CloseIfIdle() {
			t.Error("closed while a goroutine runs")
		}
		cause := errors.New("cause")
		short, cancel := context.WithTimeoutCause(t.Context(), time.Minute, cause)
		defer cancel()
		if err := g.Close(short); !errors.Is(err, cause) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if g.Start(func() { t.Error("a closed group starts something") }) {
			t.Error("a closed group starts something")
		}
		begin := time.Now()
		if err := g.Close(t.Context()); err != nil || time.Since(begin) != time.Hour-time.Minute || !forked {
			t.Errorf("got %v after %v; forked: %v", err, time.Since(begin), forked)
		}
		if err := g.Close(t.Context()); err != nil || !g.CloseIfIdle() {
			t.Errorf("closed again: %v", err)
		}
	})
}

// TestGroup_CloseIfIdle closes a group in which nothing runs.
func TestGroup_CloseIfIdle(t *testing.T) {
	t.Parallel()
	var g workers.Group
	done := g.Done()
	if !g.CloseIfIdle() || g.Start(func() {}) {
		t.Error("the group is open")
	}
	<-done
}
