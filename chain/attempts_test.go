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

// slowBody is a body that an interceptor made. A read of it takes until it is closed.
type slowBody struct {
	ctx   context.Context
	close context.CancelFunc
}

func newSlowBody() *slowBody {
	b := new(slowBody)
	b.ctx, b.close = context.WithCancel(context.Background())
	return b
}

func (b *slowBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, io.ErrUnexpectedEOF
}

// Close ends the reads.
func (b *slowBody) Close() error {
	b.close()
	return nil
}

// TestRetry_forgetsTheBody: what Release closes to end a slow read is the body of the response at
// hand, not that of an earlier attempt, nor a body that holds nothing.
func TestRetry_forgetsTheBody(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]struct {
		answer *http.Response
		err    error
	}{
		"no body":     {answer: &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}},
		"a nil body":  {answer: &http.Response{StatusCode: http.StatusOK}},
		"no response": {err: errors.New("down")},
		"not sent":    {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first, sends := 0, 0
				notSent := second.answer == nil && second.err == nil
				release := func(req *interceptor.Request) *interceptor.Response {
					if req.Call.Body != nil {
						t.Errorf("the call has a body: %v", req.Call.Body)
					}
					r := interceptor.NewResponse(req, http.StatusOK, nil, nil)
					r.Body = newSlowBody()
					begin := time.Now()
					r.Release()
					if took := time.Since(begin); took != 5*time.Second {
						t.Errorf("released after %v", took)
					}
					if first != 1 {
						t.Errorf("the body of the first response was closed %d times", first)
					}
					return r
				}
				in := &interceptor.Funcs{
					Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
						if req.Attempt() == 2 && notSent {
							return h.Resolve(release(req))
						}
						return h.Next(req)
					},
					Response: func(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
						return h.Resolve(release(resp.Request))
					},
					Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
						if e.Request.Attempt() == 1 {
							return h.Retry(0)
						}
						return h.Resolve(release(e.Request))
					},
				}
				resp, err := chain.New(in).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
					sends++
					if sends > 1 {
						return second.answer, second.err
					}
					return &http.Response{
						StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Request: r,
						Body: countedBody{strings.NewReader("x"), &first},
					}, nil
				})).RoundTrip(request(t))
				if err != nil {
					t.Fatal(err)
				}
				if err := resp.Body.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
