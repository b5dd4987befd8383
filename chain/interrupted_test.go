package chain_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// countedBody counts how often it was closed.
type countedBody struct {
	io.Reader

	closed *int
}

// Close counts.
func (b countedBody) Close() error {
	*b.closed++
	return nil
}

// TestRetry_interruptedWaitCloses: a call whose context ends while it waits for its retry has
// closed the response it gave up, and both bodies of the request: the one that was sent, and the
// one that would have been.
func TestRetry_interruptedWaitCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		responses, requests, opened := 0, 0, 1
		again := &interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			if e.Kind == interceptor.KindBadResponse {
				return h.Retry(time.Hour)
			}
			return h.Next(e)
		}}
		ctx, end := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, end)
		req := request(t).WithContext(ctx)
		req.Method, req.Body = http.MethodPost, countedBody{strings.NewReader("b"), &requests}
		req.GetBody = func() (io.ReadCloser, error) {
			opened++
			return countedBody{strings.NewReader("b"), &requests}, nil
		}
		_, err := chain.New(again).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
			return &http.Response{
				StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Request: r,
				Body: countedBody{strings.NewReader("x"), &responses},
			}, nil
		})).RoundTrip(req)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if responses == 0 || requests != opened {
			t.Errorf("the response was closed %d times; %d request bodies were opened, %d closed", responses, opened, requests)
		}
	})
}
