package auth_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
)

// awayListener answers the first request on each of its first connections as an HTTP/2 server does
// that shuts down, and leaves the others to a real one.
type awayListener struct {
	net.Listener

	config *tls.Config
	away   int32 // how many connections
	frame  []byte
	conns  atomic.Int32
}

// Accept returns the connections for the real server.
func (l *awayListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.conns.Add(1) > l.away {
			return c, nil
		}
		go l.refuse(c)
	}
}

// refuse reads until the request is complete, and sends the frame.
func (l *awayListener) refuse(raw net.Conn) {
	c := tls.Server(raw, l.config)
	defer c.Close()
	if _, err := io.ReadFull(c, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	_, _ = c.Write([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0}) // SETTINGS, empty
	for head := make([]byte, 9); ; {
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, c, length); err != nil {
			return
		}
		if kind, end := head[3], head[4]&1 != 0; (kind == 0 || kind == 1) && end { // DATA or HEADERS with END_STREAM
			_, _ = c.Write(l.frame)
			_, _ = io.Copy(io.Discard, c) // until the client closes
			return
		}
	}
}

// goAway is the frame that says that no stream was processed (RFC 9113, section 6.8).
func goAway() []byte { return []byte{0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} }

// internal resets stream 1 with INTERNAL_ERROR, after which nothing is certain.
func internal() []byte { return []byte{0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 2} }

// TestResend_http2: a refresh that the server certainly did not process is sent once more; one that
// it may have processed is not, and neither is it sent a third time.
func TestResend_http2(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		frame    []byte
		away     int32
		ok       bool
		connects int32
	}{
		"GOAWAY":                {goAway(), 1, true, 2},
		"GOAWAY for ever":       {goAway(), 100, false, 2},
		"it may be processed":   {internal(), 1, false, 1},
		"nothing is the matter": {nil, 0, true, 1},
	} {
		for _, kind := range []string{"JSON", "OAuth2"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				var served atomic.Int32
				s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					served.Add(1)
					_, _ = io.WriteString(w, `{"access_token":"a","refresh_token":"r"}`)
				}))
				s.EnableHTTP2 = true
				l := &awayListener{Listener: s.Listener, away: test.away, frame: test.frame}
				certificates := httptest.NewTLSServer(nil)
				certificates.Close()
				l.config = &tls.Config{Certificates: certificates.TLS.Certificates, NextProtos: []string{"h2"}}
				s.Listener = l
				s.StartTLS()
				t.Cleanup(s.Close)
				base := s.Client().Transport.(*http.Transport)
				t.Cleanup(base.CloseIdleConnections)

				var r auth.Refresher = auth.JSONRefresher{URL: s.URL, Transport: base}
				if kind == "OAuth2" {
					c := &oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: s.URL}}
					r = auth.OAuth2Refresher{Config: c, Transport: base}
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				got, err := r.Refresh(ctx, old)
				if test.ok != (err == nil && got.AccessToken == "a" && served.Load() == 1) {
					t.Errorf("got %v, served %d", err, served.Load())
				}
				if _, ok := errors.AsType[*auth.RefreshError](err); !test.ok && !ok {
					t.Errorf("got %v", err)
				}
				if n := l.conns.Load(); n > test.connects+1 || served.Load() > 1 {
					t.Errorf("%d connections, served %d times", n, served.Load())
				}
			})
		}
	}
}

// mortal is a connection that dies when it is told to.
type mortal struct {
	net.Conn

	dead *atomic.Int32 // 1: no byte can be written any more; 2: nothing can be read after the next write
}

// Write writes nothing, or for the last time.
func (c *mortal) Write(p []byte) (int, error) {
	switch c.dead.Load() {
	case 1:
		_ = c.Close()
		return 0, errors.New("broken pipe")
	case 2:
		n, err := c.Conn.Write(p)
		_ = c.Close()
		return n, err
	default:
		return c.Conn.Write(p)
	}
}

// TestResend_deadConnection: a kept-alive connection that was dead before a byte was written costs
// nothing; one that died later may have delivered the refresh token.
func TestResend_deadConnection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		dead   int32
		header http.Header
		ok     bool
	}{
		"before a byte":           {1, nil, true},
		"after the request":       {2, nil, false},
		"with an idempotency key": {2, http.Header{"Idempotency-Key": {"k"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(w, `{"access_token":"a","refresh_token":"r"}`)
			})
			dead, dials := new(atomic.Int32), 0
			base := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
				dials++
				if dials == 1 {
					c = &mortal{c, dead}
				}
				return c, err
			}}
			t.Cleanup(base.CloseIdleConnections)
			r := auth.JSONRefresher{URL: url, Transport: base, Header: test.header}
			if _, err := r.Refresh(t.Context(), old); err != nil {
				t.Fatal(err)
			}
			dead.Store(test.dead)
			if _, err := r.Refresh(t.Context(), old); (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
			if want := map[bool]int{true: 2, false: 1}[test.ok]; dials != want {
				t.Errorf("%d connections, want %d", dials, want)
			}
		})
	}
}
