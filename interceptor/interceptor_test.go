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
		if v := in.OnRequest(req, interceptor.RequestHandler{}); v.Action() != interceptor.ActionNext || v.Request() != req {
			t.Errorf("%T.OnRequest: %v", in, v.Action())
		}
		if v := in.OnResponse(resp, interceptor.ResponseHandler{}); v.Action() != interceptor.ActionNext || v.Response() != resp {
			t.Errorf("%T.OnResponse: %v", in, v.Action())
		}
		if v := in.OnError(failure, interceptor.ErrorHandler{}); v.Action() != interceptor.ActionNext || !errors.Is(v.Err(), failure) {
			t.Errorf("%T.OnError: %v", in, v.Action())
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
	v := f.OnRequest(nil, interceptor.RequestHandler{})
	if v.Action() != interceptor.ActionReject || !v.Through() || !errors.Is(v.Err(), io.EOF) || v.Phase() != interceptor.PhaseRequest {
		t.Errorf("OnRequest: %v", v.Action())
	}
	v = f.OnResponse(nil, interceptor.ResponseHandler{})
	if v.Action() != interceptor.ActionRetry || v.After() != time.Second || v.Phase() != interceptor.PhaseResponse {
		t.Errorf("OnResponse: %v", v.Action())
	}
	if v = f.OnError(nil, interceptor.ErrorHandler{}); v.Action() != interceptor.ActionNext || v.Phase() != interceptor.PhaseError {
		t.Errorf("OnError: %v; Reject with Through is Next", v.Action())
	}
	if f.String() != "mine" || (interceptor.Funcs{}).String() == "" {
		t.Error("it has no name")
	}
}

// TestVerdicts reads back what each handler was told.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	var (
		req  = newRequest(t.Context(), "https://a.example/")
		resp = interceptor.NewResponse(req, http.StatusOK, nil, nil)
		rh   interceptor.RequestHandler
		sh   interceptor.ResponseHandler
		eh   interceptor.ErrorHandler
		thru = interceptor.Through
	)
	type verdict struct {
		phase   interceptor.Phase
		action  interceptor.Action
		req     *interceptor.Request
		resp    *interceptor.Response
		err     error
		after   time.Duration
		through bool
	}
	for name, test := range map[string]struct {
		got  interceptor.Verdict
		want verdict
	}{
		"request next":            {rh.Next(req), verdict{1, interceptor.ActionNext, req, nil, nil, 0, false}},
		"request resolve":         {rh.Resolve(resp), verdict{1, interceptor.ActionResolve, nil, resp, nil, 0, false}},
		"request resolve through": {rh.Resolve(resp, thru), verdict{1, interceptor.ActionResolve, nil, resp, nil, 0, true}},
		"request reject":          {rh.Reject(io.EOF), verdict{1, interceptor.ActionReject, nil, nil, io.EOF, 0, false}},
		"request reject through":  {rh.Reject(io.EOF, thru), verdict{1, interceptor.ActionReject, nil, nil, io.EOF, 0, true}},
		"response next":           {sh.Next(resp), verdict{2, interceptor.ActionNext, nil, resp, nil, 0, false}},
		"response resolve":        {sh.Resolve(resp), verdict{2, interceptor.ActionResolve, nil, resp, nil, 0, false}},
		"response reject":         {sh.Reject(io.EOF), verdict{2, interceptor.ActionReject, nil, nil, io.EOF, 0, false}},
		"response reject through": {sh.Reject(io.EOF, thru), verdict{2, interceptor.ActionReject, nil, nil, io.EOF, 0, true}},
		"response retry":          {sh.Retry(time.Hour), verdict{2, interceptor.ActionRetry, nil, nil, nil, time.Hour, false}},
		"error next":              {eh.Next(io.EOF), verdict{3, interceptor.ActionNext, nil, nil, io.EOF, 0, false}},
		"error resolve":           {eh.Resolve(resp), verdict{3, interceptor.ActionResolve, nil, resp, nil, 0, false}},
		"error reject":            {eh.Reject(io.EOF), verdict{3, interceptor.ActionReject, nil, nil, io.EOF, 0, false}},
		"error reject through":    {eh.Reject(io.EOF, thru), verdict{3, interceptor.ActionNext, nil, nil, io.EOF, 0, false}},
		"error retry":             {eh.Retry(0), verdict{3, interceptor.ActionRetry, nil, nil, nil, 0, false}},
		"error next, nil":         {eh.Next(nil), verdict{3, interceptor.ActionNext, nil, nil, nil, 0, false}},
		"error next, a nil Error": {eh.Next((*interceptor.Error)(nil)), verdict{3, interceptor.ActionNext, nil, nil, nil, 0, false}},
		"the zero verdict":        {interceptor.Verdict{}, verdict{}},
	} {
		v := test.got
		got := verdict{v.Phase(), v.Action(), v.Request(), v.Response(), v.Err(), v.After(), v.Through()}
		if got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, names := range [][]fmt.Stringer{
		{interceptor.ActionNone, interceptor.ActionNext, interceptor.ActionResolve, interceptor.ActionReject, interceptor.ActionRetry},
		{interceptor.PhaseRequest, interceptor.PhaseResponse, interceptor.PhaseError},
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
	if interceptor.PhaseNone.String() != interceptor.ActionNone.String() || len(seen) != 15 {
		t.Errorf("got %v", seen)
	}
	if got := fmt.Sprint(interceptor.Queued(interceptor.Base{})); got != "Queued(interceptor.Base)" {
		t.Errorf("got %s", got)
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
	call := interceptor.Call{Attempt: 2, Redirected: true}
	wrapped := call.Wrap(req.Request)
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
	bare := &interceptor.Request{Request: &http.Request{URL: &url.URL{Path: "/x"}}}
	for want, e := range map[string]*interceptor.Error{
		"interceptor: unknown error":                                     {},
		"interceptor: GET https://xxxxx@a.example/path?…: timeout":       {Kind: interceptor.KindTimeout, Request: req},
		"interceptor: GET https://xxxxx@a.example/path?…: 404 Not Found": {Request: req, Response: resp},
		"interceptor: GET https://xxxxx@a.example/path?…: EOF":           {Request: req, Err: io.EOF},
		"interceptor: GET /x: EOF":                                       {Request: bare, Err: io.EOF},
		"interceptor: EOF":                                               {Request: new(interceptor.Request), Response: new(interceptor.Response), Err: io.EOF},
		"interceptor: 404 Not Found: mine":                               {Response: resp, Err: errors.New("mine")},
		`interceptor: Get "https://xxxxx@a.example/path?…": EOF`:         {Err: nested},
		"interceptor: Get \"https://xxxxx@a.example/path?…\": EOF\nGet \"https://xxxxx@b.example?…\": EOF": {Err: errors.Join(
			fmt.Errorf("%w", nested), &url.Error{Op: "Get", URL: "https://hunter2@b.example?hunter2", Err: io.EOF},
		)},
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

// FuzzError_message puts a secret into every part of a URL where secrets are, between any two texts.
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

func TestError_WithCause(t *testing.T) {
	t.Parallel()
	e := &interceptor.Error{Err: io.EOF}
	c := e.WithCause(&url.Error{Op: "x", Err: io.ErrClosedPipe}).WithCause(context.Canceled)
	for _, want := range []error{io.EOF, io.ErrClosedPipe, context.Canceled} {
		if !errors.Is(c, want) {
			t.Errorf("%v is lost", want)
		}
	}
	if _, ok := errors.AsType[*url.Error](c); !ok {
		t.Error("the type of a cause is lost")
	}
	if c.Error() != e.Error() || errors.Is(e, context.Canceled) {
		t.Error("the message or the original was changed")
	}
}
