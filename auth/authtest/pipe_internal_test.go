package authtest

import (
	"context"
	"errors"
	"net"
	"testing"
)

func TestPipeListener_dial_ends(t *testing.T) {
	t.Parallel()
	l := newPipeListener("127.0.0.1:1") // nobody accepts
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.dial(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("with its context: %v", err)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	_, err := l.dial(t.Context())
	if !errors.Is(err, net.ErrClosed) || err.Error() != "dial pipe 127.0.0.1:1: use of closed network connection" {
		t.Errorf("with the listener: %v", err)
	}
}
