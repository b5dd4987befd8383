package interceptor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestKindOf classifies failures that were made for real.
func TestKindOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fail func(t *testing.T) error
		want interceptor.Kind
	}{
		"no error":            {func(*testing.T) error { return nil }, interceptor.KindUnknown},
		"another error":       {func(*testing.T) error { return errors.New("x") }, interceptor.KindUnknown},
		"its own kind":        {ownKind, interceptor.KindBadResponse},
		"a refused port":      {refusedPort, interceptor.KindConnection},
		"a dead name":         {deadName, interceptor.KindConnection},
		"a wrong name in TLS": {wrongName, interceptor.KindBadCertificate},
		"a client timeout":    {clientTimeout, interceptor.KindTimeout},
		"a header timeout":    {headerTimeout, interceptor.KindTimeout},
		"a handshake timeout": {handshakeTimeout, interceptor.KindConnectTimeout},
		"a dial timeout":      {dialTimeout, interceptor.KindConnectTimeout},
		"a canceled context":  {canceled, interceptor.KindCanceled},
		"a reset":             {reset, interceptor.KindConnection},
		"an HTTP/2 reset":     {streamReset, interceptor.KindConnection},
		"an answer cut short": {cutShort, interceptor.KindConnection},
		"no client certificate": {
			func(t *testing.T) error { t.Helper(); return handshake(t, tls.RequireAnyClientCert, tls.VersionTLS13) },
			interceptor.KindBadCertificate,
		},
		"no common TLS version": {
			func(t *testing.T) error { t.Helper(); return handshake(t, tls.NoClientCert, tls.VersionTLS12) },
			interceptor.KindConnection,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.fail(t)
			if got := interceptor.KindOf(err); got != test.want {
				t.Errorf("%v is %v, want %v", err, got, test.want)
			}
			if got := interceptor.KindOf(fmt.Errorf("wrapped: %w", errors.Join(err))); err != nil && got != test.want {
				t.Errorf("wrapped, it is %v", got)
			}
			if e := (&interceptor.Error{Kind: test.want}); e.Timeout() != (test.want == interceptor.KindTimeout || test.want == interceptor.KindConnectTimeout) {
				t.Error("Timeout does not fit")
			}
		})
	}
}

func do(ctx context.Context, t *testing.T, base *http.Transport, target string, timeout time.Duration) error {
	t.Helper()
	t.Cleanup(base.CloseIdleConnections)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: base, Timeout: timeout}).Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err
}

func ownKind(*testing.T) error {
	return &interceptor.Error{Kind: interceptor.KindBadResponse, Err: context.Canceled}
}

func refusedPort(t *testing.T) error {
	t.Helper()
	l := listen(t)
	target := "http://" + l.Addr().String()
	_ = l.Close()
	return do(t.Context(), t, &http.Transport{}, target, 0)
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// deadName asks a resolver that knows no host, without leaving the machine.
func deadName(t *testing.T) error {
	t.Helper()
	l := listen(t)
	closed := l.Addr().String()
	_ = l.Close()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", closed)
	}}
	return do(t.Context(), t, &http.Transport{DialContext: (&net.Dialer{Resolver: resolver}).DialContext}, "http://nobody.invalid/", 0)
}

func wrongName(t *testing.T) error {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	base := s.Client().Transport.(*http.Transport).Clone()
	base.TLSClientConfig.ServerName = "other.example.org"
	return do(t.Context(), t, base, s.URL, 0)
}

// silent is a server that reads requests and never answers.
func silent(t *testing.T) string {
	t.Helper()
	l := listen(t)
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		var all []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			all = append(all, c)
		}
		for _, c := range all {
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

func clientTimeout(t *testing.T) error {
	t.Helper()
	return do(t.Context(), t, &http.Transport{}, "http://"+silent(t), 20*time.Millisecond)
}

func headerTimeout(t *testing.T) error {
	t.Helper()
	return do(t.Context(), t, &http.Transport{ResponseHeaderTimeout: 20 * time.Millisecond}, "http://"+silent(t), 0)
}

func handshakeTimeout(t *testing.T) error {
	t.Helper()
	base := &http.Transport{TLSHandshakeTimeout: 20 * time.Millisecond, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	return do(t.Context(), t, base, "https://"+silent(t), 0)
}

// dialTimeout lets the dialer run out of time before it begins.
func dialTimeout(t *testing.T) error {
	t.Helper()
	dialer := &net.Dialer{Deadline: time.Now().Add(-time.Second)}
	return do(t.Context(), t, &http.Transport{DialContext: dialer.DialContext}, "http://"+silent(t), 0)
}

func canceled(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return do(ctx, t, &http.Transport{}, "http://"+silent(t), 0)
}

func reset(t *testing.T) error {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}))
	t.Cleanup(s.Close)
	return do(t.Context(), t, &http.Transport{}, s.URL, 0)
}

// streamReset aborts one stream of an HTTP/2 connection.
func streamReset(t *testing.T) error {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return do(t.Context(), t, s.Client().Transport.(*http.Transport), s.URL, 0)
}

// cutShort ends a response in its middle.
func cutShort(t *testing.T) error {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "half")
	}))
	t.Cleanup(s.Close)
	resp, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err
}

// handshake talks TLS 1.3 to a server that may want something else.
func handshake(t *testing.T, auth tls.ClientAuthType, version uint16) error {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{ClientAuth: auth, MinVersion: tls.VersionTLS12, MaxVersion: version}
	s.StartTLS()
	t.Cleanup(s.Close)
	base := s.Client().Transport.(*http.Transport).Clone()
	base.TLSClientConfig.MinVersion = tls.VersionTLS13
	return do(t.Context(), t, base, s.URL, 0)
}
