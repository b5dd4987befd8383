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
		lister, ok := store.(interface {
			Keys(ctx context.Context) iter.Seq2[string, error]
		})
		if !ok {
			yield(Account{}, errCannotList)
			return
		}
		for name, err := range lister.Keys(ctx) {
			account := Account{Name: name}
			if err == nil {
				account, err = readAccount(ctx, store, name)
			} else {
				err = fmt.Errorf("auth: listing the accounts: %w", err)
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
