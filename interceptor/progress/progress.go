package progress

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Report is how far a transfer has come.
type Report struct {
	// Bytes have been transferred. For an upload, the transport has read them, which may be a
	// little before they are on the wire.
	Bytes int64
	// Total is the length of the body, -1 if it is not known: a stream, or a response that
	// net/http decompresses.
	Total int64
	// Attempt is the number of the send within its call, from 1.
	Attempt int
	// Done is true for the last report of a transfer. Bytes below Total mean that the body was
	// closed early.
	Done bool
	// Err is the error that ended the transfer, nil if it was read to the end or closed.
	Err error
}

// Config adjusts the interceptor. The zero value reports to the functions in the context only.
type Config struct {
	// Upload receives reports of all uploads, Download of all downloads. Nil: no reports.
	Upload, Download func(Report)
	// Interval is the shortest time between two reports of one transfer; the first and the last
	// come in any case. Default 100 ms; negative: a report for every read.
	Interval time.Duration
}

const defaultInterval = 100 * time.Millisecond

// Interceptor watches the bodies of requests and responses. Make one with [New]; it is safe for
// concurrent use. An empty body gets no report, and neither does a connection that was upgraded to
// another protocol.
type Interceptor struct {
	interceptor.Base

	config Config
}

// New returns an interceptor.
func New(c Config) *Interceptor {
	c.Interval = cmp.Or(c.Interval, defaultInterval)
	return &Interceptor{config: c}
}

type (
	uploadKey   struct{}
	downloadKey struct{}
)

// WithUpload returns a context in which f receives reports of the upload of a call, besides
// Config.Upload.
func WithUpload(ctx context.Context, f func(Report)) context.Context {
	return context.WithValue(ctx, uploadKey{}, f)
}

// WithDownload returns a context in which f receives reports of the download of a call, besides
// Config.Download.
func WithDownload(ctx context.Context, f func(Report)) context.Context {
	return context.WithValue(ctx, downloadKey{}, f)
}

// OnRequest watches the body of the request.
func (i *Interceptor) OnRequest(
	req *interceptor.Request, h interceptor.RequestHandler,
) interceptor.Verdict {
	listeners := listenersOf(i.config.Upload, req.Context().Value(uploadKey{}))
	if req.Body == nil || req.Body == http.NoBody || listeners == nil {
		return h.Next(req)
	}
	total := req.ContentLength
	if total == 0 {
		total = -1 // net/http: a body of unknown length
	}
	watch := func(body io.ReadCloser) io.ReadCloser {
		return &watched{
			ReadCloser: body, listeners: listeners, interval: i.config.Interval,
			total: total, attempt: req.Attempt(), upload: true,
		}
	}
	if again := req.GetBody; again != nil { // the transport may start over on another connection
		req.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			if err != nil {
				return nil, err
			}
			return watch(body), nil
		}
	}
	req.Body = watch(req.Body)
	return h.Next(req)
}

// OnResponse watches the body of a good response.
func (i *Interceptor) OnResponse(
	resp *interceptor.Response, h interceptor.ResponseHandler,
) interceptor.Verdict {
	i.download(resp)
	return h.Next(resp)
}

// OnError watches the body of a bad response.
func (i *Interceptor) OnError(
	err *interceptor.Error, h interceptor.ErrorHandler,
) interceptor.Verdict {
	if err.Response != nil {
		i.download(err.Response)
	}
	return h.Next(err)
}

func (i *Interceptor) download(resp *interceptor.Response) {
	if resp.Response == nil || resp.Body == nil || resp.Body == http.NoBody ||
		resp.Request == nil || resp.Request.Request == nil {
		return
	}
	listeners := listenersOf(i.config.Download, resp.Request.Context().Value(downloadKey{}))
	if _, upgraded := resp.Body.(io.Writer); upgraded || listeners == nil {
		return
	}
	resp.Body = &watched{
		ReadCloser: resp.Body, listeners: listeners, interval: i.config.Interval,
		total: resp.ContentLength, attempt: resp.Request.Attempt(),
	}
}

// listenersOf returns the functions that are to be told, nil if there are none.
func listenersOf(all func(Report), one any) []func(Report) {
	var listeners []func(Report)
	if all != nil {
		listeners = append(listeners, all)
	}
	if f, ok := one.(func(Report)); ok && f != nil {
		listeners = append(listeners, f)
	}
	return listeners
}

// CopyOnWrite promises to write neither into the URL nor into header values; see package
// interceptor, Optional methods.
func (i *Interceptor) CopyOnWrite() bool { return true }

// UsesRestyRequest reports whether chain.RestyRequest may be called; see package interceptor,
// Optional methods.
func (i *Interceptor) UsesRestyRequest() bool { return false }

// String names the interceptor in errors.
func (i *Interceptor) String() string { return "progress" }
