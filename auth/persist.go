package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// persistence is the interceptor's access to the store: one record, under the key of its account.
//
// The store is the user's code. It may panic, ignore its context, or quote the value in an error;
// none of that goes further than the methods of persistence. An error never means "signed out":
// only [fs.ErrNotExist] does, and what Update gives its function.
type persistence struct {
	store   Store
	account string
	origins origin.Set // a session that was made for another server is not used; the first is ours
	// writes is the write lock: a channel, so that waiting for it ends with a context. Login,
	// Logout, a Minter's attempt and the retry of a pending save hold it while they change store
	// and memory; they take the store's own lock inside it. A refresh takes it only to wait for a
	// Login, when it holds no other lock.
	writes chan struct{}

	journal *journal
	wiped   atomic.Bool // the store has lost its data, and not been given ours again
}

// loadPause is how long to wait before a failed Load is repeated, once: a database may have failed
// over.
const loadPause = 100 * time.Millisecond

// read returns the stored record, nil if there is none. It takes no lock, so what it returns may be
// outdated when it returns.
func (p *persistence) read(ctx context.Context) (r *record.Record, err error) {
	defer func() { err = recovered("Store", recover(), err) }()
	data, err := p.store.Load(ctx, p.account)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !isDataLost(err) && wait.Pause(ctx, loadPause) {
		data, err = p.store.Load(ctx, p.account)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		data = nil // decode makes no record of it, and no error
	case err != nil:
		p.noteLoss(err)
		return nil, fmt.Errorf("auth: the stored session cannot be read: %w", err)
	}
	return p.decode(data)
}

// decode reads a stored record, nil if there is none. A record that was made for another server is
// refused: a changed BaseURL must not send its tokens there. One that does not name its server, as
// early versions wrote it, is ours, and names it when it is saved next.
func (p *persistence) decode(data []byte) (*record.Record, error) {
	r, err := record.Decode(data, p.account)
	if err != nil || r == nil {
		return nil, err
	}
	if r.Origin == "" {
		r.Origin = p.origins[0].String()
		return r, nil
	}
	for _, o := range p.origins {
		if o.String() == r.Origin {
			return r, nil
		}
	}
	return nil, fmt.Errorf("auth: %w (account %q): it was made for %q, and this configuration allows only %s; "+
		"use an account of its own for each server, allow both origins if they are one service, or log in again to replace it",
		ErrSessionUnreadable, p.account, r.Origin, p.origins)
}

// decodable is decode for a Logout, which deletes a record that cannot be read as well.
func (p *persistence) decodable(data []byte) (r *record.Record, readable bool) {
	r, err := p.decode(data)
	return r, err == nil
}

// change is a function that Store.Update calls.
type change func(ctx context.Context, old []byte) ([]byte, error)

// update is Store.Update, with panics turned into errors, and errors that do not quote what is
// stored.
func (p *persistence) update(ctx context.Context, fn change) error {
	return p.updateBy(ctx, p.store.Update, fn)
}

// replace is update for a Login or a Logout, to which a value that is damaged is as good as none.
func (p *persistence) replace(ctx context.Context, fn change) error {
	err := p.update(ctx, fn)
	if r, ok := p.store.(replacer); ok && isUnreadable(err) && ctx.Err() == nil {
		return p.updateBy(ctx, r.Replace, fn)
	}
	return err
}

// isUnreadable reports whether err is about a value that will not become readable by waiting.
func isUnreadable(err error) bool {
	var e interface{ Unreadable() bool }
	return errors.As(err, &e) && e.Unreadable()
}

// replacer is storage.Replacer, found by its shape: package auth does not import package storage.
type replacer interface {
	Replace(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error
	Remove(ctx context.Context, key string) error
}

// remove deletes a value that cannot be read, say because its encryption key is gone, if the store
// can. It is for a Logout only, which need not know what it deletes.
func (p *persistence) remove(ctx context.Context) (removed bool) {
	defer func() { removed = recover() == nil && removed }()
	r, ok := p.store.(replacer)
	return ok && r.Remove(ctx, p.account) == nil
}

// updateBy is update by one of the methods of the store. It remembers both values, so that an error
// of the store, or of a layer below it, shows neither.
func (p *persistence) updateBy(
	ctx context.Context,
	update func(context.Context, string, func(context.Context, []byte) ([]byte, error)) error, fn change,
) (err error) {
	var before, after []byte
	defer func() {
		err = p.redactError(recovered("Store", recover(), err), before, after)
		p.noteLoss(err)
	}()
	return update(ctx, p.account, func(ctx context.Context, old []byte) (value []byte, err error) {
		before = old
		after, err = fn(ctx, old)
		return after, err
	})
}

// redactError returns err without the tokens of the records. What cannot be decoded is not
// searched: its tokens are not known.
func (p *persistence) redactError(err error, records ...[]byte) error {
	if err == nil {
		return nil
	}
	var secrets []Token
	for _, data := range records {
		if r, _ := record.Decode(data, p.account); r != nil {
			secrets = append(secrets, Token(r.Token))
		}
	}
	return redactError(err, secrets...)
}

// lockWrites takes the write lock, which orders the changes of store and memory by this process;
// the store's own lock is taken inside it. A refresh does not take it: it may hold the store's lock
// for as long as the server takes, and compares names instead (state.superseded).
func (a *Interceptor) lockWrites(ctx context.Context) (unlock func(), err error) {
	if a.isInside(ctx) {
		return nil, errInside
	}
	select {
	case a.persist.writes <- struct{}{}:
		return func() { <-a.persist.writes }, nil
	case <-ctx.Done():
		return nil, wait.Why(ctx)
	}
}

// errInside is a call that would wait for the very refresh it is made from.
var errInside = errors.New("auth: the Refresher must not call the session it refreshes")
