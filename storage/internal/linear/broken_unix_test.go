//go:build unix

package linear_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"io/fs"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage"
)

// naive is what many programs have: a key that expires is the lock. It is not
// renewed, and the save does not depend on it.
type naive struct{ client *goredis.Client }

func openNaive(_ context.Context, addr string) (storage.Store, error) {
	return naive{redisClient(addr)}, nil
}

func (n naive) Load(ctx context.Context, key string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	value, err := n.client.Get(ctx, key).Bytes()
	if errors.Is(err, goredis.Nil) {
		return nil, fs.ErrNotExist
	}
	return value, err
}

func (n naive) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	lock := key + ".lock"
	for {
		err := n.client.SetArgs(ctx, lock, rand.Text(), goredis.SetArgs{Mode: "NX", TTL: 10 * time.Millisecond}).Err()
		if err == nil {
			break
		}
		if !errors.Is(err, goredis.Nil) {
			return err
		}
		<-time.After(time.Millisecond)
	}
	defer n.client.Del(context.WithoutCancel(ctx), lock)
	old, err := n.Load(ctx, key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	value, err := fn(ctx, old)
	if err != nil {
		return err
	}
	return n.client.Set(ctx, key, value, 0).Err()
}

// rowLock is a transaction with SELECT FOR UPDATE around the callback. Its
// order is right, but a connection that is cut loses what the callback returned.
type rowLock struct{ db *sql.DB }

func openRowLock(ctx context.Context, addr string) (storage.Store, error) {
	db, err := sql.Open("pgx", testserver.PostgresURL(addr))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(5)
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	_, err = db.ExecContext(ctx, `create table if not exists rows (key text primary key, value text not null);
insert into rows select 'key ' || n, '' from generate_series(0, 2) n on conflict do nothing`)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return rowLock{db}, nil
}

func (l rowLock) Load(ctx context.Context, key string) (value []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	err = l.db.QueryRowContext(ctx, "select value from rows where key = $1", key).Scan(&value)
	return value, err
}

func (l rowLock) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 2*opTimeout)
	defer cancel()
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var old []byte
	if err := tx.QueryRowContext(ctx, "select value from rows where key = $1 for update", key).Scan(&old); err != nil {
		return err
	}
	value, err := fn(ctx, old)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "update rows set value = $2 where key = $1", key, string(value)); err != nil {
		return err
	}
	return tx.Commit()
}
