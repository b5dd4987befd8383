package har

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// origin is where an exchange comes from. It does not change.
type origin struct {
	order   uint64 // among all exchanges of the recorder
	call    uint64
	attempt int
	cause   string
}

// stage is how far an exchange has come.
type stage uint8

const (
	stageOpen      stage = iota // may still be sent; has no entry
	stageResponded              // has an entry; the body is on its way
	stageDone
)

// exchange is one attempt: a request and its outcome.
type exchange struct {
	origin

	recorder *Recorder

	mu       sync.Mutex
	stage    stage
	claimed  bool // a transport under the chain records it
	clock    clock
	wire     []pair // header fields as they were written
	address  string // of the server, as is the port
	port     string
	ours     string        // the port at our end
	request  *http.Request // as it was sent, until the end
	sent     *capture
	received *capture
	shown    entry

	// Guarded by the mutex of the recorder's memory.
	size   int64
	listed bool
}

func newExchange(r *Recorder, o origin) *exchange {
	return &exchange{origin: o, recorder: r, clock: clock{start: time.Now()}}
}

// claim makes a transport the one that records.
func (x *exchange) claim() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.claimed || x.stage != stageOpen {
		return false
	}
	x.claimed = true
	x.clock = clock{start: time.Now()}
	return true
}

// attach returns a copy of req whose sending is watched.
func (x *exchange) attach(req *http.Request) *http.Request {
	ctx := req.Context()
	if x.recorder.fromContext(ctx) != x {
		ctx = httptrace.WithClientTrace(context.WithValue(ctx, contextKey{x.recorder}, x), x.trace())
	}
	req = req.WithContext(ctx)
	if req.Body == nil || req.Body == http.NoBody {
		return req
	}
	header, length := req.Header, req.ContentLength
	if length == 0 { // with a body that means that it is not known
		length = -1
	}
	req.Body = x.watchSent(req.Body, header, length)
	if again := req.GetBody; again != nil {
		req.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			if err != nil || body == nil {
				return body, err
			}
			return x.watchSent(body, header, length), nil
		}
	}
	return req
}

// watchSent watches the body of the request, in the place of the one watched before, if there was
// one.
func (x *exchange) watchSent(body io.ReadCloser, header http.Header, length int64) io.ReadCloser {
	c := x.newCapture(header, length)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sent = c
	return c.tap.Watch(body, nil)
}

// respond records a response, once: if a transport under the chain has done it, there is nothing
// left to do above.
func (x *exchange) respond(req *http.Request, resp *http.Response) {
	if !x.record(func() {
		x.request, x.shown.Request, x.shown.Response = req, x.describeRequest(req, resp.Proto), x.describeResponse(req, resp)
		x.received = x.newCapture(resp.Header, resp.ContentLength)
	}) {
		return
	}
	_, upgraded := resp.Body.(io.Writer) // the connection itself, after 101
	if resp.Body == nil || resp.Body == http.NoBody || upgraded {
		x.finish(nil)
		return
	}
	resp.Body = x.received.tap.Watch(resp.Body, x.finish)
}

// fail records that there is no response, once.
func (x *exchange) fail(req *http.Request, why string) {
	v := x.recorder.view
	if x.record(func() {
		x.shown.Request, x.shown.Response = x.describeRequest(req, ""), noResponse()
		x.shown.Response.Error = v.text(why, v.secrets(req)...)
		x.received = x.newCapture(nil, 0)
	}) {
		x.finish(nil)
	}
}

// record makes the entry, if there is none yet.
func (x *exchange) record(describe func()) bool {
	x.mu.Lock()
	first := x.stage == stageOpen
	if first {
		x.stage = stageResponded
		describe()
		x.clock.mark(&x.clock.answered)
	}
	size := sizeOf(&x.shown) + x.sent.reserve() + x.received.reserve()
	x.mu.Unlock()
	if first {
		x.recorder.memory.add(x, size)
	}
	return first
}

// finish ends the exchange: its bodies are redacted and forgotten. A nil err is a body closed, or
// [io.EOF].
func (x *exchange) finish(err error) {
	if size, ok := x.conclude(err); ok {
		x.recorder.memory.resize(x, size)
	}
}

// conclude does so once, and returns the size of the entry then.
func (x *exchange) conclude(err error) (size int64, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stage == stageDone {
		return 0, false
	}
	x.stage = stageDone
	x.clock.mark(&x.clock.end)
	if err != nil {
		v := x.recorder.view
		x.shown.Response.Error = v.text(err.Error(), v.secrets(x.request)...)
	}
	x.shown = x.filled()
	x.request, x.sent, x.received, x.wire = nil, nil, nil, nil
	return sizeOf(&x.shown), true
}

// release makes an exchange that has lost its entry forget its bodies.
func (x *exchange) release() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range []*capture{x.sent, x.received} {
		if c != nil {
			c.tap.Drop()
		}
	}
}

// entry returns what there is to write.
func (x *exchange) entry() entry {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stage == stageDone {
		return x.shown
	}
	e := x.filled()
	e.Comment = "The response was still being read when this was written."
	return e
}
