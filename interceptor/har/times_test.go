package har_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

// after lets some of the bubble's time pass.
func after(d time.Duration) { <-time.After(d) }

// slowBody takes a second to arrive.
type slowBody struct{ sent bool }

func (b *slowBody) Read(p []byte) (int, error) {
	if b.sent {
		return 0, errors.New("read beyond")
	}
	b.sent = true
	after(time.Second)
	return copy(p, "{}"), nil
}

func (b *slowBody) Close() error { return nil }

// timings are in seconds, in the order of the struct.
type seconds [7]float64

func timed(e *entry) seconds {
	t := e.Timings
	s := seconds{t.Blocked, t.DNS, t.Connect, t.Send, t.Wait, t.Receive, t.SSL}
	for i := range s {
		if s[i] > 0 {
			s[i] /= 1000
		}
	}
	return s
}

// TestTimes replays what transports report, on a fake clock.
func TestTimes(t *testing.T) {
	t.Parallel()
	full := func(tr *httptrace.ClientTrace) {
		tr.GetConn("a:443")
		after(1 * time.Second)
		tr.DNSStart(httptrace.DNSStartInfo{})
		after(2 * time.Second)
		tr.ConnectStart("tcp", "[::1]:443")
		tr.ConnectStart("tcp", "127.0.0.1:443")
		after(3 * time.Second)
		tr.TLSHandshakeStart()
		after(4 * time.Second)
		tr.TLSHandshakeDone(tls.ConnectionState{}, nil)
		tr.GotConn(httptrace.GotConnInfo{})
		after(5 * time.Second)
		tr.WroteRequest(httptrace.WroteRequestInfo{})
		after(6 * time.Second)
		tr.GotFirstResponseByte()
	}
	for name, test := range map[string]struct {
		send func(*httptrace.ClientTrace)
		err  error
		want seconds
	}{
		"everything": {send: full, want: seconds{1, 2, 7, 5, 6, 1, 4}},
		"no trace":   {send: func(*httptrace.ClientTrace) { after(2 * time.Second) }, want: seconds{-1, -1, -1, 0, 2, 1, -1}},
		"reused, while another connection was being made": {send: func(tr *httptrace.ClientTrace) {
			tr.GetConn("a:443")
			tr.DNSStart(httptrace.DNSStartInfo{})
			after(time.Second)
			tr.ConnectStart("tcp", "127.0.0.1:443")
			tr.GotConn(httptrace.GotConnInfo{Reused: true})
			tr.TLSHandshakeStart()
			tr.WroteRequest(httptrace.WroteRequestInfo{})
			after(2 * time.Second)
			tr.TLSHandshakeDone(tls.ConnectionState{}, nil)
			tr.ConnectStart("tcp", "[::1]:443")
			tr.GotFirstResponseByte()
		}, want: seconds{1, -1, -1, 0, 2, 1, -1}},
		"sent again on a new connection": {send: func(tr *httptrace.ClientTrace) {
			tr.GetConn("a:80")
			tr.GotConn(httptrace.GotConnInfo{Reused: true})
			after(9 * time.Second)
			tr.WroteRequest(httptrace.WroteRequestInfo{})
			tr.GetConn("a:80")
			tr.ConnectStart("tcp", "127.0.0.1:80")
			after(time.Second)
			tr.GotConn(httptrace.GotConnInfo{})
			tr.WroteRequest(httptrace.WroteRequestInfo{})
			tr.GotFirstResponseByte()
		}, want: seconds{0, -1, 1, 0, 0, 1, -1}},
		"answered before the body was sent": {send: func(tr *httptrace.ClientTrace) {
			tr.GetConn("a:80")
			tr.GotConn(httptrace.GotConnInfo{Reused: true})
			after(time.Second)
			tr.GotFirstResponseByte()
			after(time.Second)
			tr.WroteRequest(httptrace.WroteRequestInfo{})
		}, want: seconds{0, -1, -1, 2, 0, 1, -1}},
		"never written": {send: func(tr *httptrace.ClientTrace) {
			tr.GetConn("a:80")
			tr.GotConn(httptrace.GotConnInfo{Reused: true})
			after(time.Second)
			tr.GotFirstResponseByte()
		}, want: seconds{0, -1, -1, 1, 0, 1, -1}},
		"no address": {err: errors.New("no such host"), send: func(tr *httptrace.ClientTrace) {
			tr.GetConn("a:80")
			tr.DNSStart(httptrace.DNSStartInfo{})
			after(2 * time.Second)
		}, want: seconds{0, 2, -1, 0, 0, 0, -1}},
		"no handshake": {err: errors.New("bad certificate"), send: func(tr *httptrace.ClientTrace) {
			tr.GetConn("a:443")
			tr.ConnectStart("tcp", "127.0.0.1:443")
			after(time.Second)
			tr.TLSHandshakeStart()
			after(time.Second)
			tr.TLSHandshakeDone(tls.ConnectionState{}, errors.New("bad certificate"))
		}, want: seconds{0, -1, 2, 0, 0, 0, 1}},
		"no free connection": {err: errors.New("deadline"), send: func(tr *httptrace.ClientTrace) {
			tr.GetConn("a:80")
			after(2 * time.Second)
		}, want: seconds{2, -1, -1, 0, 0, 0, -1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder(t, har.Config{})
				var tr *httptrace.ClientTrace
				base := roundTripper(func(req *http.Request) (*http.Response, error) {
					tr = httptrace.ContextClientTrace(req.Context())
					test.send(tr)
					if test.err != nil {
						return nil, test.err
					}
					return &http.Response{StatusCode: http.StatusOK, Header: make(http.Header), Body: new(slowBody), Request: req}, nil
				})
				slow := interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
					if name != "no trace" {
						after(time.Minute) // a refresh, perhaps: not this request's time
					}
					return h.Next(req)
				}}
				c := &http.Client{Transport: chain.New(r, slow).Transport(base)}
				began := time.Now()
				resp, err := c.Do(request(t, http.MethodGet, "http://a/", nil))
				if err == nil {
					tr.WroteRequest(httptrace.WroteRequestInfo{}) // late
					resp.Body.Read(make([]byte, 10))
					tr.GetConn("elsewhere:80")
					resp.Body.Close()
					after(time.Hour)
				}
				e := only(t, r)
				if got := timed(e); got != test.want {
					t.Errorf("got  %v\nwant %v", got, test.want)
				}
				if name == "no trace" {
					return
				}
				started, err := time.Parse(time.RFC3339Nano, e.Started)
				if want := began.Add(time.Minute); err != nil || started.Before(want) {
					t.Errorf("started at %v, want %v or later; %v", started, want, err)
				}
			})
		})
	}
}

// TestTimes_real asserts the shape of the times of a real connection.
func TestTimes_real(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("x")) }))
			server.EnableHTTP2 = http2
			server.StartTLS()
			t.Cleanup(server.Close)
			r := newRecorder(t, har.Config{})
			c := &http.Client{Transport: chain.New(r).Transport(server.Client().Transport)}
			for range 2 {
				if _, err := call(t, c, request(t, http.MethodGet, server.URL+"/?page=1", nil)); err != nil {
					t.Fatal(err)
				}
			}
			a := written(t, r)
			first, second := a.Log.Entries[0], a.Log.Entries[1]
			if v := first.Timings; v.Connect < 0 || v.SSL < 0 || v.DNS != -1 {
				t.Errorf("the first request made a connection: %+v", v)
			}
			if v := second.Timings; v.Connect != -1 || v.SSL != -1 || v.Blocked < 0 {
				t.Errorf("the second used it again: %+v", v)
			}
			for i, e := range a.Log.Entries {
				if e.Address != "127.0.0.1" || e.Connection == "" || e.Connection != first.Connection ||
					!strings.HasSuffix(server.URL, ":"+e.Port) {
					t.Errorf("%d: connection %s to %s port %s", i, e.Connection, e.Address, e.Port)
				}
				if e.Request.HTTPVersion != name || e.Response.HTTPVersion != name {
					t.Errorf("%d: protocols %s and %s", i, e.Request.HTTPVersion, e.Response.HTTPVersion)
				}
				agent := value(e.Request.Headers, "User-Agent") + value(e.Request.Headers, "user-agent")
				if agent != "Go-http-client/1.1(absent)" && agent != "(absent)Go-http-client/2.0" {
					t.Errorf("%d: the header is not what was sent: %v", i, e.Request.Headers)
				}
			}
		})
	}
}
