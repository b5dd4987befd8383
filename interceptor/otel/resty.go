package otel

import (
	"errors"

	"github.com/go-resty/resty/v2"
	"go.opentelemetry.io/otel/trace"
)

// Instrument makes a span for every call of client, from its hooks before the request to its
// result, redirects and resty's own retries included, and gives url.template to it and to its
// attempts. It may be called before or after the chain is installed, once for each client.
func (i *Instrumentation) Instrument(client *resty.Client) error {
	if client == nil {
		return errNoClient
	}
	client.OnBeforeRequest(i.before)
	client.OnSuccess(func(_ *resty.Client, r *resty.Response) { i.after(r.Request, r, nil) })
	failure := func(req *resty.Request, err error) {
		if e, ok := errors.AsType[*resty.ResponseError](err); ok {
			i.after(req, e.Response, e.Err)
			return
		}
		i.after(req, nil, err)
	}
	client.OnError(failure)
	client.OnPanic(failure)
	return nil
}

// before begins a call, unless this is another attempt of resty's.
func (i *Instrumentation) before(client *resty.Client, r *resty.Request) error {
	ctx := r.Context()
	if c := i.callOf(ctx); c != nil && c.owner == r {
		if !c.over.Load() {
			return nil
		}
		ctx = trace.ContextWithSpan(ctx, c.parent) // the program uses the request a second time
	}
	if t := pathOf(client.BaseURL, r.URL); t != "" && templateOf(ctx) == "" {
		ctx = WithURLTemplate(ctx, t)
	}
	ctx, _ = i.begin(ctx, r, r.Method)
	r.SetContext(ctx)
	return nil
}

// after ends a call.
func (i *Instrumentation) after(r *resty.Request, resp *resty.Response, err error) {
	c := i.callOf(r.Context())
	if c == nil || c.owner != r { // a hook failed before ours
		return
	}
	status := 0
	if resp != nil {
		status = resp.StatusCode()
	}
	i.end(c, status, err, func(err error) string {
		if r.RawRequest == nil {
			return i.textOf(err, nil, nil)
		}
		return i.textOf(err, r.RawRequest.URL, r.RawRequest.Header)
	})
}
