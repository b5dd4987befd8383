package auth

import (
	"context"
	"errors"
	"time"
)

// ErrNoAccount says that a request of [Sessions] has no account. Nothing was sent. Send it with a
// context of [WithAccount], or of [WithoutAuth] if it needs none.
var ErrNoAccount = errors.New("auth: the request has no account")

// SessionsConfig configures [Sessions].
type SessionsConfig struct {
	// Session is the configuration that all sessions share. Its Account must be empty: the account
	// of a request is the key of its session in the Store. Without a Store, all sessions live in
	// memory for as long as the Sessions do, evicted or not.
	Session Config
	// Account returns the account that a request is sent for, from its context; false or "" means
	// that it has none. Nil: the account of [WithAccount].
	Account func(context.Context) (string, bool)
	// MaxIdle is how many sessions that no call is using are kept in memory. The one that was idle
	// longest goes first. Default 10,000; negative: no limit.
	MaxIdle int
	// IdleTime is how long a session that no call is using is kept in memory. Default one hour;
	// negative: no limit.
	IdleTime time.Duration
}

const (
	defaultMaxIdle  = 10_000
	defaultIdleTime = time.Hour
)

// limit returns n, the default for 0, and the largest value for a negative n.
func limit[T int | time.Duration](n, byDefault T) T {
	switch {
	case n == 0:
		return byDefault
	case n < 0:
		most := T(1)
		for next := most*2 + 1; next > most; next = most*2 + 1 {
			most = next
		}
		return most
	default:
		return n
	}
}

type accountKey struct{}

// WithAccount returns a context whose requests are sent for account.
func WithAccount(ctx context.Context, account string) context.Context {
	return context.WithValue(ctx, accountKey{}, account)
}

func accountOf(ctx context.Context) (string, bool) {
	account, ok := ctx.Value(accountKey{}).(string)
	return account, ok
}
