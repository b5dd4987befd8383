package netfault_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/netfault"
)

// serve starts a server that sends each line back, after its name.
func serve(t *testing.T, name string) (addr string) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				for in := bufio.NewReader(conn); ; {
					line, err := in.ReadString('\n')
					if err != nil {
						return
					}
					_, _ = io.WriteString(conn, name+line)
				}
			}()
		}
	}()
	return l.Addr().String()
}

type client struct {
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, p *netfault.Proxy) client {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return client{conn, bufio.NewReader(conn)}
}

// ask returns the response to a line, "ended" or "silent".
func (c client) ask(t *testing.T, line string, patience time.Duration) string {
	t.Helper()
	_, _ = io.WriteString(c, line+"\n")
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	got, err := c.in.ReadString('\n')
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "silent"
	case err != nil:
		return "ended"
	default:
		return got[:len(got)-1]
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	const patience, moment = 30 * time.Second, 50 * time.Millisecond
	first, second := serve(t, "first "), serve(t, "second ")
	p := netfault.New(t, first)
	want := func(c client, limit time.Duration, want string) {
		t.Helper()
		if got := c.ask(t, "line", limit); got != want {
			t.Fatalf("the response is %q; want %q", got, want)
		}
	}
	old := dial(t, p)
	want(old, patience, "first line")
	p.Cut()
	want(old, patience, "ended")

	old = dial(t, p)
	want(old, patience, "first line")
	p.Mute()
	want(old, moment, "silent")
	want(dial(t, p), patience, "first line")

	p.Silence()
	silent := dial(t, p)
	want(silent, moment, "silent")
	p.Accept()
	want(silent, moment, "silent")
	want(dial(t, p), patience, "first line")

	p.Refuse()
	want(dial(t, p), patience, "ended")
	p.Accept()

	p.LoseResponse()
	want(dial(t, p), patience, "ended")
	old = dial(t, p)
	want(old, patience, "first line")
	p.CutAfter(2)
	want(old, patience, "ended")

	old = dial(t, p)
	want(old, patience, "first line")
	p.MoveTo(second)
	want(old, patience, "ended")
	want(dial(t, p), patience, "second line")
}
