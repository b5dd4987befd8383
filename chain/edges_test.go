package chain_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// unnamed is an interceptor without a name, whose verdicts carry nothing.
type unnamed struct {
	interceptor.Base
	request func(interceptor.RequestHandler) interceptor.Verdict
}

func (u *unnamed) OnRequest(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	return u.request(h)
}

// TestMisuse fails the call, and the error says who did what.
func TestMisuse(t *testing.T) {
	t.Parallel()
	for name, verdict := range map[string]func(interceptor.RequestHandler) interceptor.Verdict{
		"the zero verdict": func(interceptor.RequestHandler) interceptor.Verdict { return interceptor.Verdict{} },
		"no request":       func(h interceptor.RequestHandler) interceptor.Verdict { return h.Next(nil) },
		"an empty request": func(h interceptor.RequestHandler) interceptor.Verdict { return h.Next(new(interceptor.Request)) },
		"no response":      func(h interceptor.RequestHandler) interceptor.Verdict { return h.Resolve(nil) },
		"an empty response": func(h interceptor.RequestHandler) interceptor.Verdict {
			return h.Resolve(new(interceptor.Response), interceptor.Through)
		},
		"no error": func(h interceptor.RequestHandler) interceptor.Verdict { return h.Reject(nil) },
		"an error that is nil": func(h interceptor.RequestHandler) interceptor.Verdict {
			return h.Reject((*interceptor.Error)(nil), interceptor.Through)
		},
		"another handler's verdict": func(interceptor.RequestHandler) interceptor.Verdict {
			return interceptor.ResponseHandler{}.Reject(io.EOF)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := false
			client := chain.New(pass{}, &unnamed{request: verdict}).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
				sent = true
				return answering(http.StatusOK)(r)
			}))
			_, err := client.RoundTrip(request(t))
			if err == nil || !strings.Contains(err.Error(), "OnRequest of interceptor 1 (*chain_test.unnamed)") || sent {
				t.Errorf("got %v, sent %v", err, sent)
			}
		})
	}
}

// TestBrokenTransport answers with neither a response nor an error, or with both.
func TestBrokenTransport(t *testing.T) {
	t.Parallel()
	_, err := chain.New().Transport(roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, nil
	})).RoundTrip(request(t))
	if err == nil || !strings.Contains(err.Error(), "neither a response nor an error") {
		t.Errorf("got %v", err)
	}
	closed := false
	_, err = chain.New().Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, _ := answering(http.StatusOK)(r)
		resp.Body = &counted{Reader: resp.Body, closed: func() { closed = true }}
		return resp, io.ErrUnexpectedEOF
	})).RoundTrip(request(t))
	if !errors.Is(err, io.ErrUnexpectedEOF) || !closed {
		t.Errorf("got %v, body closed %v", err, closed)
	}
}

// TestResolve_bare: a response made by hand need not name its request.
func TestResolve_bare(t *testing.T) {
	t.Parallel()
	in := &interceptor.Funcs{
		Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			return h.Resolve(&interceptor.Response{Response: &http.Response{StatusCode: http.StatusOK}}, interceptor.Through)
		},
		Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			if r.Request == nil || r.Request.URL.Path != "/me" {
				t.Errorf("got %v", r.Request)
			}
			return h.Next(r)
		},
	}
	if resp, err := chain.New(in).Transport(answering(http.StatusOK)).RoundTrip(request(t)); err != nil || resp.Body.Close() != nil {
		t.Error(err)
	}
}

// TestBody_none: a transport may leave the body out, and the caller gets one even so.
func TestBody_none(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNoContent, http.StatusBadGateway} {
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Request: r}, nil
		})
		resp, err := chain.New(pass{}).Transport(base).RoundTrip(request(t))
		if err != nil || resp.Body == nil {
			t.Fatalf("got %v", err)
		}
		if data, err := io.ReadAll(resp.Body); err != nil || len(data) != 0 || resp.Body.Close() != nil {
			t.Errorf("got %q, %v", data, err)
		}
		if status >= http.StatusBadRequest {
			_, err = chain.Config{ErrorOnBadStatus: true}.New().Transport(base).RoundTrip(request(t))
			if interceptor.KindOf(err) != interceptor.KindBadResponse {
				t.Errorf("got %v", err)
			}
		}
	}
}

// list is a body that cannot be compared.
type list struct {
	io.Reader
	closed []*int
}

func (l list) Close() error { *l.closed[0]++; return nil }

// TestBody_notComparable is closed like any other.
func TestBody_notComparable(t *testing.T) {
	t.Parallel()
	outer, inner := 0, 0
	swap := &interceptor.Funcs{Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		r.Body = list{strings.NewReader("outer"), []*int{&outer}}
		return h.Next(r)
	}}
	resp, err := chain.New(swap).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := answering(http.StatusOK)(r)
		resp.Body = list{strings.NewReader("inner"), []*int{&inner}}
		return resp, err
	})).RoundTrip(request(t))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil || string(data) != "outer" || resp.Body.Close() != nil || outer == 0 || inner == 0 {
		t.Errorf("got %q, %v; closed %d and %d times", data, err, outer, inner)
	}
}

// TestRetry_getBodyFails: a body that could be had again, but not now. Nothing is sent again, and the
// caller gets the response, unread.
func TestRetry_getBodyFails(t *testing.T) {
	t.Parallel()
	req := request(t)
	req.Body = io.NopCloser(strings.NewReader("x"))
	req.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }
	sent := 0
	resp, err := chain.New(once()).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		sent++
		return answering(http.StatusUnauthorized)(r)
	})).RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || sent != 1 {
		t.Fatalf("got %v; sent %d times", err, sent)
	}
	if data, err := io.ReadAll(resp.Body); err != nil || string(data) != "answer" || resp.Body.Close() != nil {
		t.Errorf("got %q, %v", data, err)
	}
}

// TestDeadline passes while an interceptor is at work: a timeout for every OnError, and nothing is
// sent.
func TestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		late := errors.New("late")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, late)
		defer cancel()
		seen := 0
		slow := &interceptor.Funcs{
			Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				<-time.After(time.Hour)
				return h.Next(req)
			},
			Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
				seen++
				if e.Kind != interceptor.KindTimeout || !errors.Is(e, late) || !errors.Is(e, context.DeadlineExceeded) {
					t.Errorf("got %v", e)
				}
				return h.Next(e)
			},
		}
		_, err := chain.New(slow, slow).Transport(roundTrip(func(*http.Request) (*http.Response, error) {
			t.Error("it was sent")
			return nil, io.EOF
		})).RoundTrip(request(t).WithContext(ctx))
		if interceptor.KindOf(err) != interceptor.KindTimeout || seen != 2 {
			t.Errorf("got %v; OnError ran %d times", err, seen)
		}
	})
}

// TestError_Timeout is told through [*url.Error], whoever decided on the error.
func TestError_Timeout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		in   interceptor.Interceptor
		want bool
	}{
		"transport": {interceptor.Base{}, true},
		"rejected":  {&interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict { return h.Reject(e) }}, true},
		"replaced": {&interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Next(&interceptor.Error{Kind: interceptor.KindConnection, Err: io.EOF})
		}}, false},
	} {
		client := http.Client{Transport: chain.New(test.in).Transport(failing{context.DeadlineExceeded})}
		_, err := client.Do(plain(t))
		if ue, ok := errors.AsType[*url.Error](err); !ok || ue.Timeout() != test.want {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// plain is a request that a client accepts.
func plain(t *testing.T) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestOrder_String(t *testing.T) {
	t.Parallel()
	if chain.Forward.String() != "forward" || chain.Reverse.String() != "reverse" {
		t.Error("wrong names")
	}
}

// TestTransport_default is a clone: what is done to it is not done to everybody else's.
func TestTransport_default(t *testing.T) {
	t.Parallel()
	type settings interface {
		TLSClientConfig() *tls.Config
		SetTLSClientConfig(cfg *tls.Config) error
	}
	s, ok := chain.New().Transport(nil).(settings)
	if !ok {
		t.Fatal("no TLS settings")
	}
	mine := &tls.Config{ServerName: "mine", MinVersion: tls.VersionTLS12}
	if s.TLSClientConfig() == nil {
		t.Error("nil settings cannot be written to")
	}
	if err := s.SetTLSClientConfig(mine); err != nil || s.TLSClientConfig() != mine {
		t.Errorf("got %v", err)
	}
	if shared := http.DefaultTransport.(*http.Transport).TLSClientConfig; shared != nil && shared.ServerName == "mine" {
		t.Error("http.DefaultTransport was changed")
	}
	outer := chain.New().Transport(chain.New().Transport(&http.Transport{TLSClientConfig: mine}))
	if s, ok := outer.(settings); !ok || s.TLSClientConfig() != mine {
		t.Error("a chain over a chain has no TLS settings")
	}
	if _, ok := chain.New().Transport(answering(http.StatusOK)).(settings); ok {
		t.Error("TLS settings over a transport that has none: resty v3 would not report the error")
	}
}
