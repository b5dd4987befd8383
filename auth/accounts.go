package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// Account is a stored session, without its tokens.
type Account struct {
	// Name is the account: the Account of the [Config] that uses it, and the key of the store.
	Name string
	// Subject is the user's identifier at the server: the sub claim of the access token, or of the
	// ID token. Empty if neither has one, as with opaque tokens. It is not verified.
	Subject string
	// Origin is the server that the session was made for, such as https://api.example.com. Empty in
	// sessions that an early version has saved.
	Origin string
	// Expiry of the access token; zero if not known. An expired one is renewed at the next request.
	Expiry time.Time
}

// errCannotList is a store without Keys.
var errCannotList = errors.New("auth: the store cannot list its accounts; " +
	"use one that implements storage.Lister, or keep a list of the accounts yourself")

// Accounts yields the accounts that have a session in the store, in no particular order, for a
// command that shows them, switches between them or logs out of all. It reads the store, and
// neither changes nor refreshes anything. The store must also have the method Keys of
// storage.Lister, as those of package storage have.
//
// A session that cannot be read yields its Name, if that is known, with an error that matches
// [ErrSessionUnreadable] or is the store's, and the iteration continues; after an error that
// concerns the whole store, or the end of ctx, it ends. An account that is logged out during the
// iteration may be missing or not.
func Accounts(ctx context.Context, store Store) iter.Seq2[Account, error] {
	return func(yield func(Account, error) bool) {
		for name, err := range keysOf(ctx, store) {
			account := Account{Name: name}
			if err == nil {
				account, err = readAccount(ctx, store, name)
			}
			if errors.Is(err, fs.ErrNotExist) && name != "" {
				continue // logged out since Keys saw it
			}
			if !yield(account, err) {
				return
			}
		}
	}
}

// keysOf yields the keys of the store, or why they cannot be listed.
func keysOf(ctx context.Context, store Store) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		lister, ok := store.(interface {
			Keys(ctx context.Context) iter.Seq2[string, error]
		})
		if !ok {
			yield("", errCannotList)
			return
		}
		for name, err := range lister.Keys(ctx) {
			if err != nil {
				err = fmt.Errorf("auth: listing the accounts: %w", err)
			}
			if !yield(name, err) {
				return
			}
		}
	}
}

// CleanAccounts removes the records of sessions that ended more than age ago, and returns the
// number of their accounts. A store that machines share keeps a short record, without tokens, of a
// session that has ended, so that every machine says why. Nothing else removes these records but
// the next login of their account: run CleanAccounts once a day, from one program or from any
// number, where accounts come and go. A machine that learns of the end after that says
// [ReasonEndedElsewhere]; 30 days are plenty.
//
// It removes neither sessions nor records that it cannot read; [Accounts] shows the latter. The
// store must have the method Keys of storage.Lister. CleanAccounts ends with the first error of the
// store, and may be run again.
func CleanAccounts(ctx context.Context, store Store, age time.Duration) (removed int, err error) {
	if age < 0 {
		return 0, fmt.Errorf("auth: clean accounts: the age is %v; it must not be negative", age)
	}
	before := time.Now().Add(-age)
	for name, err := range keysOf(ctx, store) {
		var old bool
		if err == nil {
			old, err = endedBefore(ctx, store, name, before)
		}
		if err == nil && old {
			old, err = removeEnded(ctx, store, name, before)
		}
		switch {
		case err == nil && old:
			removed++
		case err == nil, errors.Is(err, fs.ErrNotExist), isUnreadable(err), errors.Is(err, ErrSessionUnreadable):
		default:
			return removed, err
		}
	}
	return removed, nil
}

// endedBefore reports whether the account has a tombstone that is old enough. It
// takes no lock: most accounts have a session.
func endedBefore(ctx context.Context, store Store, name string, before time.Time) (bool, error) {
	data, err := store.Load(ctx, name)
	if err != nil {
		return false, fmt.Errorf("auth: reading account %q: %w", name, err)
	}
	r, err := record.Decode(data, name)
	return err == nil && r.EndedBefore(before), err
}

// removeEnded removes the tombstone, unless a login has replaced it meanwhile.
func removeEnded(ctx context.Context, store Store, name string, before time.Time) (removed bool, err error) {
	err = store.Update(ctx, name, func(_ context.Context, old []byte) ([]byte, error) {
		r, err := record.Decode(old, name)
		if removed = err == nil && r.EndedBefore(before); removed {
			return nil, nil
		}
		return old, err
	})
	if err != nil {
		return false, fmt.Errorf("auth: cleaning account %q: %w", name, err)
	}
	return removed, nil
}

// readAccount reads one stored session.
func readAccount(ctx context.Context, store Store, name string) (Account, error) {
	a := Account{Name: name}
	data, err := store.Load(ctx, name)
	if err != nil {
		return a, fmt.Errorf("auth: reading account %q: %w", name, err)
	}
	r, err := record.Decode(data, name)
	if err != nil {
		return a, err
	}
	if r = r.Live(); r == nil {
		return a, fs.ErrNotExist
	}
	a.Subject = cmp.Or(tokens.Subject(r.AccessToken), tokens.Subject(r.IDToken))
	a.Origin, a.Expiry = r.Origin, r.Expiry
	return a, nil
}
