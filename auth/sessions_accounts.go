package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// errSessionsClosed is a request for an account that was not in memory when Close was called.
var errSessionsClosed = fmt.Errorf("%w: the account had no session in memory", ErrClosed)

// Login begins a session for account; see [Interceptor.Login].
func (s *Sessions) Login(ctx context.Context, account string, t Token) error {
	return s.with(ctx, account, func(a *Interceptor) error { return a.Login(ctx, t) })
}

// Logout ends the sessions of accounts; see [Interceptor.Logout]. Eight at a time are ended, so
// that of many accounts it takes an eighth of the time; the error joins those of all that failed,
// each with its account. Logout(ctx, accounts...) with those of [Sessions.Accounts] signs everybody
// out.
func (s *Sessions) Logout(ctx context.Context, accounts ...string) error {
	return inParallel(accounts, func(account string) error {
		err := s.with(ctx, account, func(a *Interceptor) error { return a.Logout(ctx) })
		if err != nil {
			return fmt.Errorf("account %+q: %w", account, err)
		}
		return nil
	})
}

// Status returns what is known of the session of account; see [Interceptor.Status].
func (s *Sessions) Status(ctx context.Context, account string) (st Status, err error) {
	err = s.with(ctx, account, func(a *Interceptor) error {
		st, err = a.Status(ctx)
		return err
	})
	return st, err
}

func (s *Sessions) with(ctx context.Context, account string, f func(*Interceptor) error) error {
	a, release, err := s.For(ctx, account)
	if err != nil {
		return err
	}
	defer release()
	return f(a)
}

// parallel is how many sessions Logout and Close work on at once.
const parallel = 8

// inParallel calls f for all items, and joins the errors in the order of the items.
func inParallel[T any](items []T, f func(T) error) error {
	errs := make([]error, len(items))
	var group sync.WaitGroup
	next := make(chan int)
	for range min(parallel, len(items)) {
		group.Go(func() {
			for i := range next {
				errs[i] = f(items[i])
			}
		})
	}
	for i := range items {
		next <- i
	}
	close(next)
	group.Wait()
	return errors.Join(errs...)
}

// Accounts returns the accounts that have a session, sorted: those that [Accounts] yields for the
// store, if it can list its keys (as those of package storage can), and those in memory that are
// signed in. A session that cannot be read counts; its account is among them if its name is known.
// The store may hold keys of other programs; use a store of its own for each.
//
// If the store fails, the accounts known so far come with the error.
func (s *Sessions) Accounts(ctx context.Context) ([]string, error) {
	seen := make(map[string]struct{})
	all, _ := s.pool.snapshot()
	for _, a := range all {
		if current := a.state.current.Load(); current != nil && current.signedIn() {
			seen[a.account] = struct{}{}
		}
	}
	var errs []error
	for account, err := range Accounts(ctx, s.template.config.Store) {
		switch {
		case account.Name != "":
			seen[account.Name] = struct{}{}
		case !errors.Is(err, errCannotList):
			errs = append(errs, err)
		}
	}
	return slices.Sorted(maps.Keys(seen)), errors.Join(errs...)
}

// SessionCounts says how many sessions are in memory, and in which state. Every session counts in
// InUse or Idle, and in SignedIn, SignedOut or Unread; the others may overlap.
type SessionCounts struct {
	InUse, Idle int
	// SignedIn and SignedOut sessions are known; Unread ones wait for the store.
	SignedIn, SignedOut, Unread int
	// Refreshing sessions have a refresh under way, Failing ones a last refresh that failed, and
	// Unsaved ones a change that the store has not accepted yet.
	Refreshing, Failing, Unsaved int
}

// Counts counts the sessions in memory, for metrics. It asks neither store nor server.
func (s *Sessions) Counts() SessionCounts {
	all, idle := s.pool.snapshot()
	c := SessionCounts{InUse: len(all) - idle, Idle: idle}
	for _, a := range all {
		switch current := a.state.current.Load(); {
		case current == nil:
			c.Unread++
		case !current.signedIn():
			c.SignedOut++
		default:
			c.SignedIn++
			if current.failure != nil {
				c.Failing++
			}
		}
		if a.state.refresh.Load() != nil {
			c.Refreshing++
		}
		if a.state.pendingSave() != nil {
			c.Unsaved++
		}
	}
	return c
}

// Close closes all sessions: it waits for the refreshes and saves under way, for no longer than
// ctx. Requests for the sessions in memory are still signed with the tokens that are known; those
// for other accounts fail with [ErrClosed]. A second Close waits and tries again.
func (s *Sessions) Close(ctx context.Context) error {
	all := s.pool.close()
	slices.SortFunc(all, func(a, b *Interceptor) int { return cmp.Compare(a.account, b.account) })
	return inParallel(all, func(a *Interceptor) error {
		if err := a.Close(ctx); err != nil {
			return fmt.Errorf("account %+q: %w", a.account, err)
		}
		return nil
	})
}
