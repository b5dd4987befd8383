package nats_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/internal/storetest"
)

func TestSessions(t *testing.T) {
	addr := serve(t)
	storetest.Sessions(t, func() auth.Store { return open(t, addr, "sessions") })
}
