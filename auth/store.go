package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Store keeps sessions as bytes under one lock for all processes that share it. It is the contract of storage.Store,
// declared here by its consumer; every store of package storage fits.
type Store interface {
	// Load returns the value of key; an error that is [fs.ErrNotExist] if there certainly is none.
	Load(ctx context.Context, key string) ([]byte, error)
	// Update gives fn the value of key, nil if there is none, while it holds the lock of key, and durably stores what
	// fn returns: nil deletes, old itself writes nothing. It has made sure that it can write before it calls fn,
	// which it does once at most, waits for the lock no longer than ctx, and once fn has returned a value saves it
	// whatever happened to ctx. An error of fn is returned and nothing is written.
	Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error
}

// read returns the stored record, nil if there is none.
func (a *Interceptor) read(ctx context.Context) (r *record, err error) {
	defer func() { err = recovered("Store", recover(), err) }()
	data, err := a.config.Store.Load(ctx, a.config.Account)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, nil // absence is an answer, not an error
	case err != nil:
		return nil, fmt.Errorf("auth: the stored session cannot be read: %w", err)
	}
	return decodeRecord(data, a.config.Account)
}

// update is Store.Update, with a panic turned into an error, and errors that do not quote what is stored.
func (a *Interceptor) update(ctx context.Context, fn func(ctx context.Context, old []byte) ([]byte, error)) (err error) {
	var old, value []byte
	defer func() { err = a.unquote(recovered("Store", recover(), err), old, value) }()
	return a.config.Store.Update(ctx, a.config.Account, func(ctx context.Context, was []byte) (is []byte, err error) {
		old = was
		value, err = fn(ctx, was)
		return value, err
	})
}

// unquote returns err without the tokens of the records.
func (a *Interceptor) unquote(err error, records ...[]byte) error {
	if err == nil {
		return nil
	}
	var tokens []Token
	for _, data := range records {
		if r, _ := decodeRecord(data, a.config.Account); r != nil {
			tokens = append(tokens, r.Token)
		}
	}
	return scrub(err, tokens...)
}
