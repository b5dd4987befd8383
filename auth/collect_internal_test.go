package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

// moments is a store that shows another record at each moment of a refresh.
type moments struct {
	glanced, waiting, locked, after *record.Record // without the lock, while waiting for it, with it, and once it was lost

	loadErr, updateErr, afterErr error // of Load, of Update once its function has returned, of Load after that
	held                         error // what the lock says of itself
	vanished                     bool  // the holder before has vanished

	updates int    // how often the lock was taken
	written []byte // what was stored
	fnErr   error  // what the function of Update returned
}

func encoded(r *record.Record) []byte {
	if r == nil {
		return nil
	}
	data, err := r.Encode()
	if err != nil {
		panic(err)
	}
	return data
}

func (m *moments) Load(ctx context.Context, _ string) ([]byte, error) {
	if m.updates > 0 {
		return encoded(m.after), cmp.Or(ctx.Err(), m.afterErr)
	}
	return encoded(m.glanced), m.loadErr
}

func (m *moments) Update(ctx context.Context, _ string, fn func(context.Context, []byte) ([]byte, error)) error {
	m.updates++
	ctx = context.WithValue(ctx, struct{ LockHeld struct{} }{}, func() error { return m.held })
	ctx = context.WithValue(ctx, struct{ HolderInterrupted struct{} }{}, m.vanished)
	m.written, m.fnErr = fn(ctx, encoded(m.locked))
	if m.updateErr != nil {
		return m.updateErr
	}
	return m.fnErr
}

func (m *moments) UpdateUnless(
	ctx context.Context, key string, settled func([]byte) bool, fn func(context.Context, []byte) ([]byte, error),
) error {
	if settled(encoded(m.waiting)) {
		return nil
	}
	return m.Update(ctx, key, fn)
}

func (m *moments) Tombstones() bool { return true }

// TestCollect: which facts a refresh finds, and what it writes, by what the store shows and the
// server says at each moment.
func TestCollect(t *testing.T) {
	t.Parallel()
	ours := recordOf("S", 2, jwtOf("alice", 1), "r2")
	newer := recordOf("S", 3, "a3", "r3")
	theirs := recordOf("T", 1, jwtOf("alice", 2), "q1")
	soon := func(r *record.Record) *record.Record { return r.Throttle(time.Hour, time.Now()) }
	lost := says{lost: true}
	for name, test := range map[string]struct {
		store      moments
		committing string // a Login here is storing this session
		wiped      bool
		during     func(*Interceptor) // while the Refresher runs
		answer     error              // of the Refresher
		unhelpful  int                // refreshes that have not helped
		want       string
	}{
		"another process has refreshed":     {store: moments{glanced: newer}, want: "stored S/3"},
		"the token endpoint asked to wait":  {store: moments{glanced: soon(ours)}, want: "stored S/2 throttled"},
		"it has refreshed while we waited":  {store: moments{glanced: ours, waiting: newer}, want: "stored S/3"},
		"it has refreshed before we locked": {store: moments{glanced: ours, waiting: ours, locked: newer}, want: "stored S/3 · locked · writes S/3"},
		"nobody has": {
			store: moments{glanced: ours, waiting: ours, locked: ours}, want: "stored S/2 · locked · asked · writes S/3",
		},
		"nothing can be read without the lock": {
			store: moments{loadErr: errDown, locked: ours}, want: "stored S/2 · locked · asked · writes S/3",
		},
		"nothing is there without the lock, or with it": {store: moments{}, want: "stored nothing · locked · writes nothing"},
		"nothing is there, in a store that was wiped": {
			store: moments{}, wiped: true, want: "stored nothing · locked · asked · writes S/3",
		},
		"the save fails in a store that was wiped": {
			store: moments{updateErr: errDisk}, wiped: true, want: "stored nothing · locked · asked · writes S/3 · the store: disk full · wiped",
		},
		"the record cannot be read": {
			store: moments{glanced: ours, locked: &record.Record{Account: "another's"}},
			want:  "locked · unreadable · returns it · the store: unreadable",
		},
		"a Login here that has failed in the end": {
			store: moments{glanced: theirs, locked: theirs}, committing: "T",
			want: "superseded: a failed Login · stored T/1 · locked · writes T/1",
		},
		"another process's login": {store: moments{glanced: theirs}, want: "stored T/1"},
		"the server fails": {
			store: moments{locked: ours}, answer: errDown, want: "stored S/2 · locked · asked · down · returns it · the store: down",
		},
		"the server asks to wait": {
			store: moments{locked: ours}, answer: &RefreshError{RetryAfter: time.Minute, Err: errDown},
			want: "stored S/2 · locked · asked · down · writes S/2 throttled",
		},
		"the refresh token is dead": {
			store: moments{locked: ours}, answer: errDead, want: "stored S/2 · locked · asked · dead · writes S/2 invalid_grant",
		},
		"it is dead, and the holder before has vanished": {
			store: moments{locked: ours, vanished: true}, answer: errDead, want: "interrupted · stored S/2 · locked · asked · dead · writes S/2 throttled",
		},
		"a Logout comes while the server fails": {
			store: moments{locked: ours}, answer: errDown, during: func(a *Interceptor) { a.state.beginLogout() },
			want: "superseded · stored S/2 · locked · asked · down · writes S/2 logout",
		},
		"too many refreshes have not helped": {
			store: moments{locked: ours}, unhelpful: 2, want: "stored S/2 · locked · too many · returns it · the store: too many",
		},
		"they do not keep from adopting": {store: moments{locked: newer}, unhelpful: 2, want: "stored S/3 · locked · writes S/3"},
		"the lock is lost before the server is asked": {
			store: moments{locked: ours, held: lost, after: newer}, want: "lost · stored S/3 · locked · gone · returns it · the store: gone",
		},
		"it is lost, and the store says so in other words": {
			store: moments{locked: ours, held: lost, updateErr: errDisk, after: newer},
			want:  "lost · stored S/3 · locked · gone · returns it · the store: disk full",
		},
		"it is lost in the save": {
			store: moments{locked: ours, updateErr: lost, after: ours}, want: "lost · stored S/2 · locked · asked · writes S/3 · the store: gone",
		},
		"it is lost, and a Login here has followed": {
			store: moments{locked: ours, updateErr: lost, after: theirs}, committing: "T",
			want: "superseded · lost · stored T/1 · locked · asked · writes S/3 · the store: gone",
		},
		"it is lost, and the store cannot be read": {
			store: moments{locked: ours, updateErr: lost, afterErr: errDown}, want: "stored S/2 · locked · asked · writes S/3 · the store: gone",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var a *Interceptor
			a, err := New(Config{
				BaseURL: "https://api.example.com", Store: &test.store, RefreshWindow: RefreshWindow{MaxAttempts: 2},
				Refresher: RefreshFunc(func(context.Context, Token) (Token, error) {
					if test.during != nil {
						test.during(a)
					}
					return Token{AccessToken: "new"}, test.answer
				}),
			})
			if err != nil {
				t.Fatal(err)
			}
			s := newSession(ours, "", a.policy)
			a.state.current.Store(s)
			a.state.setCommitting(test.committing)
			a.persist.wiped.Store(test.wiped)
			for range test.unhelpful {
				a.state.unhelpful.add(time.Now())
			}
			f := facts{session: s, storeErr: errVanished, policy: a.policyNow()}
			a.collect(t.Context(), &f)
			if got := collected(a, f, &test.store); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// collected is what a refresh has found and written, in one line.
func collected(a *Interceptor, f facts, m *moments) string {
	var parts []string
	add := func(when bool, what string) {
		if when {
			parts = append(parts, what)
		}
	}
	short := func(err error) string {
		switch {
		case isLost(err):
			return "gone"
		case errors.Is(err, ErrSessionUnreadable):
			return "unreadable"
		case errors.Is(err, ErrExcessiveRefresh):
			return "too many"
		case errors.Is(err, errLoginFailed):
			return "superseded: a failed Login"
		case errors.Is(err, errDead):
			return "dead"
		case errors.Is(err, errDisk):
			return "disk full"
		case errors.Is(err, errDown):
			return "down"
		default:
			return fmt.Sprint(err)
		}
	}
	name := func(r *record.Record) string {
		if r == nil {
			return "nothing"
		}
		text := fmt.Sprintf("%s/%d", r.Session, r.Generation)
		if r.Ended != "" {
			text += " " + r.Ended
		}
		if r.RetryAfter > 0 {
			text += " throttled"
		}
		return text
	}
	add(errors.Is(f.err, errLoginFailed), short(errLoginFailed))
	add(f.superseded, "superseded")
	add(f.interrupted, "interrupted")
	add(f.lost, "lost")
	add(f.read, "stored "+name(f.stored))
	add(m.updates == 1, "locked")
	add(f.asked, "asked")
	add(f.err != nil && !errors.Is(f.err, errLoginFailed), short(f.err))
	if m.updates > 0 && m.fnErr == nil {
		r, err := record.Decode(m.written, "default")
		add(true, "writes "+name(r))
		add(err != nil, fmt.Sprint(err))
	}
	add(m.fnErr != nil && errors.Is(m.fnErr, f.err), "returns it")
	add(f.storeErr != nil, "the store: "+short(f.storeErr))
	add(a.persist.wiped.Load(), "wiped")
	add(f.read && f.at.IsZero(), "at no time")
	return strings.Join(parts, " · ")
}

// TestWaitForLogin: the outcome of a Login under way is known once the write lock is free; a
// session that is replaced already needs no wait.
func TestWaitForLogin(t *testing.T) {
	t.Parallel()
	a, err := New(Config{BaseURL: "https://api.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(recordOf("S", 2, "a", "r"), "", policy{})
	a.state.current.Store(s)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, err := a.waitForLogin(t.Context(), s); ok || !errors.Is(err, errLoginFailed) {
		t.Errorf("after a Login that failed: %v, %v", ok, err)
	}
	a.persist.writes <- struct{}{} // a Login has it
	if ok, err := a.waitForLogin(gone, s); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("during a Login that takes too long: %v, %v", ok, err)
	}
	a.state.beginLogout()
	if ok, err := a.waitForLogin(gone, s); !ok || err != nil {
		t.Errorf("replaced: %v, %v", ok, err)
	}
}

// TestWaitForLogin_success: a refresh that waits for a Login finds that it has succeeded.
func TestWaitForLogin_success(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, err := New(Config{BaseURL: "https://api.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		s := newSession(recordOf("S", 2, "a", "r"), "", policy{})
		a.state.current.Store(s)
		a.persist.writes <- struct{}{} // the Login has it
		done := make(chan struct{})
		go func() {
			defer close(done)
			if ok, err := a.waitForLogin(t.Context(), s); !ok || err != nil {
				t.Errorf("%v, %v", ok, err)
			}
		}()
		synctest.Wait()
		a.state.commitLogin(newSession(recordOf("T", 1, "b", "q"), "", policy{}), Event{})
		<-a.persist.writes
		<-done
	})
}

// TestRefreshWindow: the error of a window that is full says how long to wait, and what was
// allowed.
func TestRefreshWindow(t *testing.T) {
	t.Parallel()
	a, err := New(Config{BaseURL: "https://api.example.com", RefreshWindow: RefreshWindow{MaxAttempts: 2, Interval: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	a.state.unhelpful.add(time.Now())
	if err := a.checkRefreshWindow(); err != nil {
		t.Errorf("one of two: %v", err)
	}
	a.state.unhelpful.add(time.Now())
	err = a.checkRefreshWindow()
	re, ok := errors.AsType[*RefreshError](err)
	if !ok || !errors.Is(err, ErrExcessiveRefresh) || re.RetryAfter <= 0 || re.RetryAfter > time.Hour ||
		!strings.Contains(err.Error(), "2 within 1h0m0s") {
		t.Errorf("two of two: %v", err)
	}
}
