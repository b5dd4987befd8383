//go:build unix

package redis_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/internal/storetest"
	"github.com/chatelaine-go/chatelaine/storage/redis"
)

func TestSessions(t *testing.T) {
	addr := server(t)
	storetest.Sessions(t, func() auth.Store { return open(t, redis.Config{Client: client(t, addr), Prefix: "sessions"}) })
}
