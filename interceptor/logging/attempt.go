package logging

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/tap"
)

// errBody stands for any error that may end a body early.
var errBody = errors.New("the body broke off")

// attempt is what is known of an attempt until its record is written.
type attempt struct {
	log    *Interceptor
	req    *interceptor.Request
	number int
	began  time.Time

	conn     atomic.Int32 // 0: not known
	sent     *tap.Tap     // body of the request; nil if its length is known and it is not shown
	received *tap.Tap     // body of the response; nil if there is none

	status int
	proto  string
	media  string // Content-Type of the response
	wait   time.Duration
	known  []slog.Attr // what was to be said when the response came
	once   sync.Once   // one record
}

const (
	connNew int32 = iota + 1
	connReused
)

func newAttempt(l *Interceptor, req *interceptor.Request) *attempt {
	a := &attempt{log: l, req: req, number: req.Attempt(), began: time.Now()}
	req.Request = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{GotConn: a.gotConn}))
	if body := req.Body; body != nil && body != http.NoBody && (req.ContentLength <= 0 || a.limit(req.Header) > 0) {
		a.sent = tap.New(a.limit(req.Header))
		req.Body = a.sent.Watch(body, nil)
		req.GetBody = a.sent.Again(req.GetBody)
	}
	return a
}

func (a *attempt) gotConn(info httptrace.GotConnInfo) {
	if info.Reused {
		a.conn.Store(connReused)
		return
	}
	a.conn.Store(connNew)
}

// limit is how much of a body with this header is kept.
func (a *attempt) limit(h http.Header) int {
	if !showable(h) {
		return 0
	}
	return a.log.config.BodyLimit
}

// respond notes a response, and has the record written at the end of its body.
func (a *attempt) respond(r *http.Response) {
	defer contain()
	if !a.arrived(r) {
		return
	}
	o := a.outcome(Outcome{Status: a.status})
	ctx := a.req.Context()
	if _, ok := a.log.enabled(ctx, o); ok {
		a.known = a.describe(r.Header)
	} else if _, ok := a.log.enabled(ctx, a.outcome(Outcome{Status: a.status, Err: errBody})); !ok {
		return
	}
	if !finite(r) {
		a.finish(o)
		return
	}
	a.received, a.media = tap.New(a.limit(r.Header)), r.Header.Get("Content-Type")
	r.Body = a.received.Watch(r.Body, a.ended)
}

// arrived notes a response; false if one is noted already, of which an interceptor made this one.
func (a *attempt) arrived(r *http.Response) bool {
	if a.status != 0 {
		return false
	}
	a.status, a.proto, a.wait = r.StatusCode, r.Proto, time.Since(a.began)
	return true
}

// finite reports whether the end of the body is worth waiting for.
func finite(r *http.Response) bool {
	switch {
	case r.Body == nil, r.Body == http.NoBody, r.StatusCode == http.StatusSwitchingProtocols:
		return false
	default:
		return !strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "text/event-stream")
	}
}

// ended is called at the end of the response's body, with what it ended in.
func (a *attempt) ended(err error) {
	o := Outcome{Status: a.status, Err: err}
	if err != nil {
		o.Kind = interceptor.KindOf(err)
	}
	a.finish(o)
}

// fail writes the record of a failure. What an interceptor makes of a response whose record is out
// has a record of its own.
func (a *attempt) fail(e *interceptor.Error) {
	defer contain()
	a.once.Do(func() {})
	o := Outcome{Status: a.status, Err: e.Err, Kind: e.Kind}
	if o.Err == nil {
		o.Err = e
	}
	var header http.Header
	if e.Response != nil && e.Response.Response != nil {
		header = e.Response.Header
		a.arrived(e.Response.Response)
		o.Status = a.status
	}
	if _, ok := a.log.enabled(a.req.Context(), a.outcome(o)); ok && a.known == nil {
		a.known = a.describe(header)
	}
	a.write(o)
}

// finish writes the record, if it has not been written.
func (a *attempt) finish(o Outcome) {
	a.once.Do(func() { a.write(o) })
}

func (a *attempt) outcome(o Outcome) Outcome {
	o.Attempt, o.Duration = a.number, time.Since(a.began)
	return o
}
