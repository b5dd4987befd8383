package auth_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestSessions_evictionCloses: an evicted session refuses whatever would start work, so two
// sessions of one account never work at the same time; the next call gets a new one.
func TestSessions_evictionCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := startUsers(t, authtest.Config{}, func(c *auth.SessionsConfig) { c.IdleTime = time.Minute })
		u.login(t, "a")
		evicted, release, err := u.sessions.For(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		release()
		sleep(time.Hour)
		if _, err := evicted.Refresh(t.Context()); !errors.Is(err, auth.ErrClosed) {
			t.Errorf("an evicted session: got %v", err)
		}
		u.AssertRefreshes(t, 0)
		again, release, err := u.sessions.For(t.Context(), "a")
		if err != nil || again == evicted {
			t.Fatalf("the evicted session came back, or %v", err)
		}
		if _, err := again.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
		release()
		u.AssertRefreshes(t, 1)
		u.finish(t)
	})
}

// TestSessions_counts by state.
func TestSessions_counts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		u := startUsers(t, authtest.Config{}, func(c *auth.SessionsConfig) { c.Session.Store = store })
		defer u.finish(t)
		want := func(when string, want auth.SessionCounts) {
			t.Helper()
			if got := u.sessions.Counts(); got != want {
				t.Errorf("%s: got %+v", when, got)
			}
		}
		want("at first", auth.SessionCounts{})
		u.login(t, "a", "b", "c")
		if err := u.sessions.Logout(t.Context(), "c"); err != nil {
			t.Error(err)
		}
		want("after a logout", auth.SessionCounts{Idle: 3, SignedIn: 2, SignedOut: 1})
		_, release, err := u.sessions.For(t.Context(), "d")
		if err != nil {
			t.Fatal(err)
		}
		want("before the store was read", auth.SessionCounts{InUse: 1, Idle: 3, SignedIn: 2, SignedOut: 1, Unread: 1})
		release()
		u.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
		if _, err := refresh(t, u, "a"); !errors.Is(err, auth.ErrRefreshFailed) {
			t.Errorf("got %v", err)
		}
		want("after a refresh that failed", auth.SessionCounts{Idle: 4, SignedIn: 2, SignedOut: 1, Unread: 1, Failing: 1})
		free := u.HoldRefresh()
		done := make(chan error)
		go func() {
			_, err := refresh(t, u, "b")
			done <- err
		}()
		synctest.Wait()
		want("while one is refreshed", auth.SessionCounts{InUse: 1, Idle: 3, SignedIn: 2, SignedOut: 1, Unread: 1, Refreshing: 1, Failing: 1})
		free()
		if err := <-done; err != nil {
			t.Error(err)
		}
		want("in the end", auth.SessionCounts{Idle: 4, SignedIn: 2, SignedOut: 1, Unread: 1, Failing: 1})
	})
}

func refresh(t *testing.T, u *users, account string) (auth.Token, error) {
	t.Helper()
	a, release, err := u.sessions.For(t.Context(), account)
	if err != nil {
		return auth.Token{}, err
	}
	defer release()
	return a.Refresh(t.Context())
}

// unlisted hides that a store can list its keys.
type unlisted struct{ auth.Store }

// halfListed fails in the middle of its list.
type halfListed struct{ auth.Store }

func (halfListed) Keys(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if yield("stored", nil) {
			yield("", errFull)
		}
	}
}

// TestSessions_accounts of a store that cannot list its keys, or fails, are those in memory that
// are signed in, and those that the store has named.
func TestSessions_accounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		store func(auth.Store) auth.Store
		want  string
		err   error
	}{
		"listed":   {func(s auth.Store) auth.Store { return s }, "[a stored]", nil},
		"unlisted": {func(s auth.Store) auth.Store { return unlisted{s} }, "[a]", nil},
		"broken":   {func(s auth.Store) auth.Store { return halfListed{s} }, "[a stored]", errFull},
	} {
		memory := newFaulty()
		before := startUsers(t, authtest.Config{}, func(c *auth.SessionsConfig) { c.Session.Store = memory })
		before.login(t, "stored")
		before.finish(t)
		u := startUsers(t, authtest.Config{}, func(cfg *auth.SessionsConfig) { cfg.Session.Store = c.store(memory) })
		u.login(t, "a", "b")
		if err := u.sessions.Logout(t.Context(), "b"); err != nil {
			t.Error(err)
		}
		if got, err := u.sessions.Accounts(t.Context()); fmt.Sprint(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
		u.finish(t)
	}
}
