package interceptor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newRequest(ctx context.Context, target string) *interceptor.Request {
	return &interceptor.Request{Request: httptest.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)}
}

func TestBase_passesOn(t *testing.T) {
	t.Parallel()
	req := newRequest(t.Context(), "https://a.example/")
	resp := interceptor.NewResponse(req, http.StatusOK, nil, nil)
	failure := &interceptor.Error{Request: req}
	for _, in := range []interceptor.Interceptor{interceptor.Base{}, interceptor.Funcs{}, interceptor.Queued(interceptor.Base{})} {
		if v := in.OnRequest(req, interceptor.RequestHandler{}); v != (interceptor.RequestHandler{}).Next(req) {
			t.Errorf("%T.OnRequest: %v", in, v)
		}
		if v := in.OnResponse(resp, interceptor.ResponseHandler{}); v != (interceptor.ResponseHandler{}).Next(resp) {
			t.Errorf("%T.OnResponse: %v", in, v)
		}
		if v := in.OnError(failure, interceptor.ErrorHandler{}); v != (interceptor.ErrorHandler{}).Next(failure) {
			t.Errorf("%T.OnError: %v", in, v)
		}
	}
}

func TestFuncs_calls(t *testing.T) {
	t.Parallel()
	f := interceptor.Funcs{
		Name: "mine",
		Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			return h.Reject(io.EOF, interceptor.Through)
		},
		Response: func(_ *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			return h.Retry(time.Second)
		},
		Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Reject(io.EOF, interceptor.Through)
		},
	}
	if v := f.OnRequest(nil, interceptor.RequestHandler{}); v.String() != "reject through: EOF" {
		t.Errorf("OnRequest: %v", v)
	}
	if v := f.OnResponse(nil, interceptor.ResponseHandler{}); v.String() != "retry after 1s" {
		t.Errorf("OnResponse: %v", v)
	}
	if v := f.OnError(nil, interceptor.ErrorHandler{}); v != (interceptor.ErrorHandler{}).Next(io.EOF) {
		t.Errorf("OnError: %v; Reject with Through is Next", v)
	}
	if f.String() != "mine" || (interceptor.Funcs{}).String() == "" {
		t.Error("it has no name")
	}
}

// TestVerdicts opens what each handler made, as package chain does.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	var (
		req  = newRequest(t.Context(), "https://a.example/")
		resp = interceptor.NewResponse(req, http.StatusOK, nil, nil)
		rh   interceptor.RequestHandler
		sh   interceptor.ResponseHandler
		eh   interceptor.ErrorHandler
		thru = interceptor.Through
		none *interceptor.Error
	)
	const onRequest, onResponse, onError = engine.OnRequest, engine.OnResponse, engine.OnError
	for _, test := range []struct {
		got     interceptor.Verdict
		phase   engine.Phase
		action  engine.Action
		value   any
		through bool
		text    string
	}{
		{rh.Next(req), onRequest, engine.Next, req, false, "next"},
		{rh.Resolve(resp), onRequest, engine.Resolve, resp, false, "resolve 200"},
		{rh.Resolve(resp, thru), onRequest, engine.Resolve, resp, true, "resolve through 200"},
		{rh.Resolve(nil), onRequest, engine.Resolve, (*interceptor.Response)(nil), false, "resolve"},
		{rh.Reject(io.EOF), onRequest, engine.Reject, io.EOF, false, "reject: EOF"},
		{rh.Reject(io.EOF, thru), onRequest, engine.Reject, io.EOF, true, "reject through: EOF"},
		{sh.Next(resp), onResponse, engine.Next, resp, false, "next"},
		{sh.Resolve(resp), onResponse, engine.Resolve, resp, false, "resolve 200"},
		{sh.Reject(io.EOF), onResponse, engine.Reject, io.EOF, false, "reject: EOF"},
		{sh.Reject(io.EOF, thru), onResponse, engine.Reject, io.EOF, true, "reject through: EOF"},
		{sh.Retry(time.Hour), onResponse, engine.Retry, time.Hour, false, "retry after 1h0m0s"},
		{eh.Next(io.EOF), onError, engine.Next, io.EOF, false, "next"},
		{eh.Resolve(resp), onError, engine.Resolve, resp, false, "resolve 200"},
		{eh.Reject(io.EOF), onError, engine.Reject, io.EOF, false, "reject: EOF"},
		{eh.Reject(io.EOF, thru), onError, engine.Next, io.EOF, false, "next"},
		{eh.Retry(0), onError, engine.Retry, time.Duration(0), false, "retry"},
		{eh.Next(nil), onError, engine.Next, nil, false, "next"},
		{eh.Reject(none), onError, engine.Reject, none, false, "reject"},
		{interceptor.Verdict{}, engine.NoPhase, engine.None, nil, false, "none"},
	} {
		v := engine.Verdict(test.got)
		if v.Phase() != test.phase || v.Action() != test.action || v.Value() != test.value || v.Through() != test.through {
			t.Errorf("%v: got %v %v %v %v", test, v.Phase(), v.Action(), v.Value(), v.Through())
		}
		if got := test.got.String(); got != test.text {
			t.Errorf("got %q, want %q", got, test.text)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, names := range [][]fmt.Stringer{
		{engine.None, engine.Next, engine.Resolve, engine.Reject, engine.Retry},
		{engine.OnRequest, engine.OnResponse, engine.OnError},
		{
			interceptor.KindUnknown, interceptor.KindBadResponse, interceptor.KindConnectTimeout, interceptor.KindTimeout,
			interceptor.KindCanceled, interceptor.KindConnection, interceptor.KindBadCertificate,
		},
	} {
		for _, n := range names {
			if seen[n.String()] {
				t.Errorf("%q is the name of two", n)
			}
			seen[n.String()] = true
		}
	}
	if engine.NoPhase.String() != engine.None.String() || len(seen) != 15 {
		t.Errorf("got %v", seen)
	}
	if got := fmt.Sprint(interceptor.Queued(interceptor.Base{})); got != "Queued(interceptor.Base)" {
		t.Errorf("got %s", got)
	}
}

// TestRequest_extraOfTheCaller: the caller's context gives values to interceptors, the innermost
// first; what an interceptor stores hides them for the rest of the call.
func TestRequest_extraOfTheCaller(t *testing.T) {
	t.Parallel()
	type key int
	ctx := interceptor.WithExtra(t.Context(), key(1), "outer")
	ctx = interceptor.WithExtra(ctx, key(2), "other")
	inner := interceptor.WithExtra(ctx, key(1), "inner")
	for _, call := range []*engine.Call{nil, {Attempt: 1}} {
		req := newRequest(inner, "https://a.example/")
		req.Call = call
		if req.Extra(key(1)) != "inner" || req.Extra(key(2)) != "other" || req.Extra(key(3)) != nil {
			t.Errorf("got %v, %v, %v", req.Extra(key(1)), req.Extra(key(2)), req.Extra(key(3)))
		}
		req.SetExtra(key(1), "mine")
		if req.Extra(key(1)) != "mine" || newRequest(inner, "https://a.example/").Extra(key(1)) != "inner" {
			t.Error("SetExtra is not the call's own")
		}
		if req := newRequest(ctx, "https://a.example/"); req.Extra(key(1)) != "outer" {
			t.Error("the outer context was changed")
		}
	}
	if (&interceptor.Request{}).Extra(key(1)) != nil || (&interceptor.Request{Call: new(engine.Call)}).Extra(key(1)) != nil {
		t.Error("a request without a context has values")
	}
}

// TestZeroValues are usable, as their documentation says.
func TestZeroValues(t *testing.T) {
	t.Parallel()
	var (
		base     interceptor.Base
		funcs    interceptor.Funcs
		req      interceptor.Request
		resp     interceptor.Response
		failure  interceptor.Error
		verdict  interceptor.Verdict
		handlers struct {
			interceptor.RequestHandler
		}
		onResponse interceptor.ResponseHandler
		onError    interceptor.ErrorHandler
	)
	for _, in := range []interceptor.Interceptor{base, funcs} {
		if v := in.OnRequest(&req, handlers.RequestHandler); v != handlers.Next(&req) {
			t.Errorf("%T: %v", in, v)
		}
	}
	if v := base.OnResponse(&resp, onResponse); v != onResponse.Next(&resp) {
		t.Errorf("OnResponse: %v", v)
	}
	if v := base.OnError(&failure, onError); v != onError.Next(&failure) {
		t.Errorf("OnError: %v", v)
	}
	if req.Attempt() != 1 || req.Redirected() || req.Extra("key") != nil {
		t.Error("the zero request is not a first attempt")
	}
	if head, err := resp.Peek(1); head != nil || err != nil {
		t.Errorf("the zero response has a body: %q, %v", head, err)
	}
	if failure.Error() != "interceptor: unknown error" || failure.FromTransport() || failure.Timeout() ||
		failure.Unwrap() != nil || failure.Is(io.EOF) || failure.As(new(error)) {
		t.Errorf("the zero error is %v", &failure)
	}
	if verdict.String() != "none" {
		t.Errorf("the zero verdict is %v", verdict)
	}
}

func TestRequest_extra(t *testing.T) {
	t.Parallel()
	type key int
	req := newRequest(t.Context(), "https://a.example/")
	if req.Extra(key(1)) != nil || req.Attempt() != 1 || req.Redirected() {
		t.Error("a request made by hand is a first attempt without values")
	}
	for i := range 5 { // more than fit inline
		req.SetExtra(key(i), i)
	}
	req.SetExtra(key(3), "new")
	if req.Extra(key(4)) != 4 || req.Extra(key(3)) != "new" || req.Extra(3) != nil {
		t.Error("wrong values")
	}
	wrapped := interceptor.Request{Request: req.Request, Call: &engine.Call{Attempt: 2, Redirected: true}}
	if wrapped.Attempt() != 2 || !wrapped.Redirected() {
		t.Error("the call is not told")
	}
}

func TestResponse_Peek(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "", 3: "one", 100: "one two"} {
		r := interceptor.NewResponse(nil, http.StatusOK, nil, []byte("one two"))
		head, err := r.Peek(n)
		if err != nil || string(head) != want {
			t.Errorf("Peek(%d): %q, %v", n, head, err)
		}
		if rest, err := io.ReadAll(r.Body); err != nil || string(rest) != "one two" {
			t.Errorf("after Peek(%d): %q, %v", n, rest, err)
		}
	}
	broken := interceptor.NewResponse(nil, http.StatusOK, nil, nil)
	broken.Body = io.NopCloser(io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if head, err := broken.Peek(100); string(head) != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %q, %v", head, err)
	}
	if rest, err := io.ReadAll(broken.Body); string(rest) != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the next reader got %q, %v", rest, err)
	}
	if head, err := (&interceptor.Response{}).Peek(1); head != nil || err != nil {
		t.Errorf("got %q, %v", head, err)
	}
}

// TestError_message holds what helps and no secret.
func TestError_message(t *testing.T) {
	t.Parallel()
	const target = "https://user:hunter2@a.example/path?token=hunter2#hunter2"
	req := newRequest(t.Context(), target)
	resp := interceptor.NewResponse(req, http.StatusNotFound, http.Header{"Set-Cookie": {"hunter2"}}, []byte("hunter2"))
	nested := &url.Error{Op: "Get", URL: target, Err: io.EOF}
	_, unreadable := url.Parse(strings.Replace(target, "path", "\x7f", 1))
	phrased := interceptor.NewResponse(nil, http.StatusNotFound, nil, nil)
	phrased.Status = "404 hunter2"
	opaque := &interceptor.Request{Request: &http.Request{URL: &url.URL{Scheme: "mailto", Opaque: "hunter2"}}}
	bare := &interceptor.Request{Request: &http.Request{URL: &url.URL{Path: "/x"}}}
	for want, e := range map[string]*interceptor.Error{
		"interceptor: unknown error":                                        {},
		"interceptor: GET https://REDACTED@a.example/path?…: timeout":       {Kind: interceptor.KindTimeout, Request: req},
		"interceptor: GET https://REDACTED@a.example/path?…: 404 Not Found": {Request: req, Response: resp},
		"interceptor: GET https://REDACTED@a.example/path?…: EOF":           {Request: req, Err: io.EOF},
		"interceptor: GET /x: EOF":                                          {Request: bare, Err: io.EOF},
		"interceptor: EOF":                                                  {Request: new(interceptor.Request), Response: new(interceptor.Response), Err: io.EOF},
		"interceptor: 404 Not Found: mine":                                  {Response: resp, Err: errors.New("mine")},
		`interceptor: Get "https://REDACTED@a.example/path?…": EOF`:         {Err: nested},
		`interceptor: Get "https://REDACTED@a.example/path?…": EOF\nGet "https://REDACTED@b.example?…": EOF`: {Err: errors.Join(
			fmt.Errorf("%w", nested), &url.Error{Op: "Get", URL: "https://hunter2@b.example?hunter2", Err: io.EOF},
		)},
		"interceptor: GET https://REDACTED@a.example/path?…: refresh: 404 Not Found": {
			Request: req, Err: fmt.Errorf("refresh: %w", &interceptor.Error{Request: req, Response: resp}),
		},
		"interceptor: GET https://REDACTED@a.example/path?…: refresh: EOF":  {Request: req, Err: fmt.Errorf("refresh: %w", nested)},
		`interceptor: GET /x: Get "https://REDACTED@a.example/path?…": EOF`: {Request: bare, Err: nested},
		"interceptor: GET mailto:…: EOF":                                    {Request: opaque, Err: io.EOF},
		"interceptor: 404 Not Found: two\\nlines \\x1b[2J\\u202e":           {Response: resp, Err: errors.New("two\nlines \x1b[2J\u202e")},
		"interceptor: 799": {Response: interceptor.NewResponse(nil, 799, nil, nil)},
		"interceptor: 404 Not Found: the server's own words are not quoted":                           {Response: phrased, Err: errors.New("the server's own words are not quoted")},
		`interceptor: parse "(a URL that cannot be read)": net/url: invalid control character in URL`: {Err: unreadable},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if text := fmt.Sprintf("%v %s %+v %q %#v", e, e, e, e, e) + logged(e); strings.Contains(text, "hunter2") {
			t.Errorf("a secret in %s", text)
		}
	}
}

// FuzzError_message puts a secret into every part of a URL where secrets are, between any two
// texts.
func FuzzError_message(f *testing.F) {
	const secret = "s3cr3t"
	seeds := []string{"https://a.example/", "https://a.example/#", "https://a.example/\x7f", "//a", "", "a:b", `https://a.example/"\n`}
	if len(seeds) == 0 {
		f.Fatal("the seeds are lost")
	}
	for _, s := range seeds {
		f.Add(s, "")
		f.Add(s, "&x=y#z")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before, secret) || strings.Contains(after, secret) {
			t.Skip()
		}
		for _, raw := range []string{before + "?" + secret + after, "https://" + secret + "@a.example/" + after} {
			errs := []error{&url.Error{Op: "Get", URL: raw, Err: io.EOF}}
			u, err := url.Parse(raw)
			if err == nil {
				req := &interceptor.Request{Request: &http.Request{URL: u}}
				errs = append(errs, &interceptor.Error{Request: req}, &interceptor.Error{Request: req, Err: errs[0]})
			} else {
				errs = append(errs, err)
			}
			for _, err := range errs {
				if text := (&interceptor.Error{Err: err}).Error(); strings.Contains(text, secret) {
					t.Errorf("%q shows it: %s", raw, text)
				}
			}
		}
	})
}

// logged returns what slog makes of an error, as text and as JSON.
func logged(err error) string {
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Error("x", slog.Any("err", err))
	slog.New(slog.NewJSONHandler(&b, nil)).Error("x", slog.Any("err", err))
	return b.String()
}

// TestError_causes: what an error replaced is found behind it, and not in its message.
func TestError_causes(t *testing.T) {
	t.Parallel()
	e := &interceptor.Error{Err: io.EOF}
	c := *e
	c.Origin = c.Origin.With(&url.Error{Op: "x", Err: io.ErrClosedPipe}).With(context.Canceled)
	for _, want := range []error{io.EOF, io.ErrClosedPipe, context.Canceled} {
		if !errors.Is(&c, want) {
			t.Errorf("%v is lost", want)
		}
	}
	if _, ok := errors.AsType[*url.Error](&c); !ok {
		t.Error("the type of a cause is lost")
	}
	if c.Error() != e.Error() || errors.Is(e, context.Canceled) {
		t.Error("the message or the original was changed")
	}
}
