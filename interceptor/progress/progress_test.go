package progress_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/go-resty/resty/v2"
	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/progress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal keeps reports.
type journal struct {
	mu      sync.Mutex
	reports []progress.Report
}

func (j *journal) add(r progress.Report) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.reports = append(j.reports, r)
}

// check the rules for the reports of one attempt: growing, one last one, of all bytes.
func (j *journal) check(t *testing.T, attempt int, bytes, total int64) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	var last progress.Report
	done := 0
	for _, r := range j.reports {
		if r.Attempt != attempt {
			continue
		}
		if r.Bytes < last.Bytes || r.Total != total || r.Err != nil {
			t.Errorf("attempt %d: %+v after %+v", attempt, r, last)
		}
		if last = r; r.Done {
			done++
		}
	}
	if !last.Done || done != 1 || last.Bytes != bytes {
		t.Errorf("attempt %d: ends with %+v, %d are the last", attempt, last, done)
	}
}

// TestProgress_resty uploads and downloads through resty, with a retry: both directions are
// reported for each attempt, to the call's own functions and to those of all calls.
func TestProgress_resty(t *testing.T) {
	t.Parallel()
	const size = 300 << 10
	sends := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		sends++
		if err != nil || n != size || r.ContentLength != size {
			t.Errorf("the server got %d bytes of %d, %v", n, r.ContentLength, err)
		}
		if sends == 1 {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "refused")
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = io.WriteString(w, strings.Repeat("x", size))
	}))
	defer server.Close()
	again := interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		return h.Retry(0)
	}}
	var up, down, allUp, allDown journal
	client := resty.New()
	defer client.GetClient().CloseIdleConnections()
	bar := progress.New(progress.Config{Upload: allUp.add, Download: allDown.add, Interval: -1})
	if err := (chain.Config{ReturnOrder: chain.Reverse}).New(again, bar).Install(client); err != nil {
		t.Fatal(err)
	}
	ctx := progress.WithDownload(progress.WithUpload(t.Context(), up.add), down.add)
	resp, err := client.R().SetContext(ctx).SetBody(strings.Repeat("y", size)).Post(server.URL)
	if err != nil || len(resp.Body()) != size {
		t.Fatalf("got %d bytes, %v", len(resp.Body()), err)
	}
	for _, j := range []*journal{&up, &allUp} {
		j.check(t, 1, size, size)
		j.check(t, 2, size, size)
	}
	for _, j := range []*journal{&down, &allDown} {
		j.check(t, 1, 7, 7)
		j.check(t, 2, size, size)
	}
}

func newRequest(ctx context.Context, t *testing.T, body io.Reader) *interceptor.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://a.example/", body)
	if err != nil {
		t.Fatal(err)
	}
	return &interceptor.Request{Request: r}
}

// TestProgress_ends asserts the last report for each way in which a download ends.
func TestProgress_ends(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		body io.Reader
		read int64
		want progress.Report
	}{
		"read to the end": {strings.NewReader("hello"), 100, progress.Report{Bytes: 5, Total: 9, Attempt: 1, Done: true}},
		"closed early":    {strings.NewReader("hello"), 2, progress.Report{Bytes: 2, Total: 9, Attempt: 1, Done: true}},
		"not read":        {strings.NewReader("hello"), 0, progress.Report{Bytes: 0, Total: 9, Attempt: 1, Done: true}},
		"broken": {
			io.MultiReader(strings.NewReader("he"), iotest.ErrReader(broken)), 100,
			progress.Report{Bytes: 2, Total: 9, Attempt: 1, Done: true, Err: broken},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var j journal
			req := newRequest(progress.WithDownload(t.Context(), j.add), t, http.NoBody)
			resp := interceptor.NewResponse(req, http.StatusOK, nil, nil)
			resp.Body, resp.ContentLength = io.NopCloser(c.body), 9
			progress.New(progress.Config{}).OnResponse(resp, interceptor.ResponseHandler{})
			_, _ = io.CopyN(io.Discard, resp.Body, c.read)
			for range 2 {
				if err := resp.Body.Close(); err != nil {
					t.Error(err)
				}
			}
			if got := j.reports[len(j.reports)-1]; got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			for _, r := range j.reports[:len(j.reports)-1] {
				if r.Done {
					t.Errorf("done before the end: %+v", j.reports)
				}
			}
		})
	}
}

// TestProgress_interval: between the first report and the last, they are the interval apart.
func TestProgress_interval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var times []time.Duration
		begin := time.Now()
		ctx := progress.WithDownload(t.Context(), func(progress.Report) { times = append(times, time.Since(begin)) })
		resp := interceptor.NewResponse(newRequest(ctx, t, http.NoBody), http.StatusOK, nil, []byte(strings.Repeat("x", 10)))
		progress.New(progress.Config{}).OnResponse(resp, interceptor.ResponseHandler{})
		for range 10 {
			_, _ = resp.Body.Read(make([]byte, 1))
			<-time.After(30 * time.Millisecond)
		}
		_ = resp.Body.Close()
		if got := fmt.Sprint(times); got != "[0s 120ms 240ms 300ms]" {
			t.Errorf("got %s", got)
		}
	})
}

// TestProgress_uploadAgain: a transport that starts over on another connection counts from 0.
func TestProgress_uploadAgain(t *testing.T) {
	t.Parallel()
	var j journal
	req := newRequest(progress.WithUpload(t.Context(), j.add), t, strings.NewReader("hello"))
	progress.New(progress.Config{Interval: -1}).OnRequest(req, interceptor.RequestHandler{})
	for range 2 {
		body, err := req.GetBody()
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(body); err != nil || string(text) != "hello" {
			t.Errorf("got %q, %v", text, err)
		}
	}
	if len(j.reports) != 4 || j.reports[2].Bytes != 5 || !j.reports[3].Done {
		t.Errorf("got %+v", j.reports)
	}
	req.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrNoProgress }
	progress.New(progress.Config{}).OnRequest(req, interceptor.RequestHandler{})
	if _, err := req.GetBody(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
	if err := req.Body.Close(); err != nil {
		t.Error(err)
	}
}

// TestProgress_panic asserts that a panic in an upload's function fails the upload, not the
// program.
func TestProgress_panic(t *testing.T) {
	t.Parallel()
	ctx := progress.WithUpload(t.Context(), func(progress.Report) { panic("mine") })
	req := newRequest(ctx, t, strings.NewReader("hello"))
	progress.New(progress.Config{}).OnRequest(req, interceptor.RequestHandler{})
	if _, err := io.ReadAll(req.Body); err == nil || !strings.Contains(err.Error(), "mine") {
		t.Errorf("got %v", err)
	}
	if err := req.Body.Close(); err != nil {
		t.Error(err)
	}
}

type upgraded struct{ io.ReadWriteCloser }

// TestProgress_untouched asserts that bodies are not replaced if there is nothing to report.
func TestProgress_untouched(t *testing.T) {
	t.Parallel()
	in := progress.New(progress.Config{})
	req := newRequest(t.Context(), t, strings.NewReader("x"))
	body := req.Body
	in.OnRequest(req, interceptor.RequestHandler{})
	if req.Body != body {
		t.Error("a request that nothing watches was changed")
	}
	var j journal
	in = progress.New(progress.Config{Upload: j.add, Download: j.add})
	none := newRequest(t.Context(), t, http.NoBody)
	in.OnRequest(none, interceptor.RequestHandler{})
	if none.Body != http.NoBody {
		t.Error("an empty body was changed")
	}
	switched := interceptor.NewResponse(none, http.StatusSwitchingProtocols, nil, nil)
	both := upgraded{}
	switched.Body = both
	in.OnResponse(switched, interceptor.ResponseHandler{})
	if switched.Body != both {
		t.Error("an upgraded connection was changed")
	}
	in.OnResponse(&interceptor.Response{}, interceptor.ResponseHandler{})
	in.OnError(&interceptor.Error{}, interceptor.ErrorHandler{})
	unknown := newRequest(t.Context(), t, io.MultiReader(strings.NewReader("x")))
	in.OnRequest(unknown, interceptor.RequestHandler{})
	if _, err := io.ReadAll(unknown.Body); err != nil {
		t.Error(err)
	}
	j.check(t, 1, 1, -1)
	if in.String() != "progress" || !in.CopyOnWrite() || in.UsesRestyRequest() {
		t.Error("it does not say what it is")
	}
}

// TestZeroValues are usable.
func TestZeroValues(t *testing.T) {
	t.Parallel()
	var in progress.Interceptor
	req := newRequest(t.Context(), t, strings.NewReader("x"))
	if v := in.OnRequest(req, interceptor.RequestHandler{}); v.String() != "next" {
		t.Errorf("got %v", v)
	}
	if (progress.Report{}).Done || progress.New(progress.Config{}) == nil {
		t.Error("the zero report is not the first")
	}
}
