package chain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// program is a chain of scripted interceptors over a scripted server.
type program struct {
	list     []string
	net      []string
	actions  map[string][]string // "A.req" → what it does the first, second … time; the last one repeats
	reverse  bool
	strict   bool
	queued   bool // every interceptor is wrapped in Queued
	canceled bool // the context is, before the call
	oneShot  bool // the body of the request cannot be had again
	bad      int  // the one status that is an error, instead of 400 and above
	attempts int
}

// observed is what a program did.
type observed struct {
	trace    []string
	resp     *http.Response
	status   int
	body     string
	err      error
	panicked bool
	opened   int // bodies, of requests and responses
	closed   int
	asked    string // path of the request that the response or error names
}

// traceErrors are the errors that programs reject with.
var traceErrors = map[string]error{
	"e1": errors.New("e1"), "e2": errors.New("e2"), "e3": errors.New("e3"), "canceled": context.Canceled,
}

func traceError(name string) error {
	if err, ok := traceErrors[name]; ok {
		return err
	}
	return errors.New("unknown error " + name)
}

// machine is one run of a program.
type machine struct {
	*program
	*observed

	cancel context.CancelFunc
	times  map[string]int
	sends  int
}

// run sends one request through the program.
func (p *program) run(tb testing.TB) *observed {
	tb.Helper()
	o := new(observed)
	ctx, cancel := context.WithCancel(tb.Context())
	defer cancel()
	m := &machine{program: p, observed: o, cancel: cancel, times: make(map[string]int)}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example.com/x", m.open("body"))
	if err != nil {
		tb.Fatal(err)
	}
	if !p.oneShot {
		req.GetBody = func() (io.ReadCloser, error) { return m.open("body"), nil }
	}
	if p.canceled {
		cancel()
	}
	func() {
		defer func() { o.panicked = recover() != nil }()
		o.resp, o.err = m.chain().Transport(m).RoundTrip(req)
	}()
	if o.resp != nil {
		o.status = o.resp.StatusCode
		if o.resp.Request != nil {
			o.asked = o.resp.Request.URL.Path
		}
		data, err := io.ReadAll(o.resp.Body)
		o.body = string(data)
		if err = errors.Join(err, o.resp.Body.Close()); err != nil {
			tb.Errorf("reading the response: %v", err)
		}
	}
	if e, ok := errors.AsType[*interceptor.Error](o.err); ok && e.Request != nil {
		o.asked = e.Request.URL.Path
	}
	return o
}

// chain is the chain of the program.
func (m *machine) chain() *chain.Chain {
	config := chain.Config{MaxAttempts: m.attempts, ErrorOnBadStatus: m.strict}
	if m.reverse {
		config.ReturnOrder = chain.Reverse
	}
	if m.bad != 0 {
		config.IsError = func(r *http.Response) bool { return r.StatusCode == m.bad }
	}
	list := make([]interceptor.Interceptor, len(m.list))
	for i, name := range m.list {
		list[i] = actor{name: name, machine: m}
		if m.queued {
			list[i] = interceptor.Queued(list[i])
		}
	}
	return config.New(list...)
}

// open makes a body that has to be closed.
func (m *machine) open(text string) io.ReadCloser { return m.wrap(strings.NewReader(text)) }

// wrap makes a body of a reader; it closes the reader if that is a body.
func (m *machine) wrap(r io.Reader) io.ReadCloser {
	m.opened++
	return &counted{Reader: r, closed: func() {
		m.closed++
		if c, ok := r.(io.Closer); ok {
			_ = c.Close()
		}
	}}
}

type counted struct {
	io.Reader

	closed func()
	done   bool
}

func (c *counted) Close() error {
	if !c.done {
		c.done = true
		c.closed()
	}
	return nil
}

// next notes a callback and returns the words of its action.
func (m *machine) next(callback string) []string {
	m.trace = append(m.trace, callback)
	script := m.actions[callback]
	if len(script) == 0 {
		return []string{"next"}
	}
	n := min(m.times[callback], len(script)-1)
	m.times[callback]++
	return strings.Fields(script[n])
}

// RoundTrip is the server.
func (m *machine) RoundTrip(r *http.Request) (*http.Response, error) {
	m.trace = append(m.trace, "NET")
	answer := strings.Fields(m.net[min(m.sends, len(m.net)-1)])
	m.sends++
	if answer[0] == "panic" {
		panic("transport")
	}
	if sent, err := io.ReadAll(r.Body); err != nil || string(sent) != "body" {
		return nil, fmt.Errorf("the server got %q, %w", sent, err)
	}
	_ = r.Body.Close()
	if answer[0] == "fail" {
		return nil, traceError(answer[1])
	}
	status, err := strconv.Atoi(answer[0])
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, Status: answer[0], Header: http.Header{}, Body: m.open(answer[1]), Request: r,
	}, nil
}

// actor is a scripted interceptor.
type actor struct {
	name    string
	machine *machine
}

func (a actor) String() string { return a.name }

func (a actor) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	act := a.machine.next(a.name + ".req")
	switch act[0] {
	case "resolve":
		return h.Resolve(a.machine.made(req, act), flow(act)...)
	case "reject":
		return h.Reject(traceError(act[1]), flow(act)...)
	case "abort":
		a.machine.cancel()
		return h.Reject(traceError(act[1]), interceptor.Through)
	case "rewrite":
		other := *req
		other.Request = req.Clone(req.Context())
		other.URL.Path = act[1]
		return h.Next(&other)
	case "wrap":
		req.Body = a.machine.wrap(req.Body)
	case "twice":
		_ = h.Reject(errors.New("this verdict is dropped"))
	case "nil":
		return h.Next(nil)
	default:
		if a.common(act[0]) {
			return interceptor.Verdict{}
		}
	}
	return h.Next(req)
}

func (a actor) OnResponse(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
	act := a.machine.next(a.name + ".res")
	switch act[0] {
	case "replace":
		return h.Next(a.machine.made(resp.Request, act))
	case "wrap":
		resp.Body = a.machine.wrap(resp.Body)
	case "resolve":
		return h.Resolve(a.machine.made(resp.Request, act))
	case "abort":
		a.machine.cancel()
		return h.Reject(traceError(act[1]), interceptor.Through)
	case "answer":
		return h.Reject(&interceptor.Error{Request: resp.Request, Response: a.machine.made(resp.Request, act)})
	case "reject":
		return h.Reject(traceError(act[1]), flow(act)...)
	case "retry":
		return h.Retry(0)
	case "twice":
		_ = h.Reject(errors.New("this verdict is dropped"))
	case "nil":
		return h.Next(nil)
	default:
		if a.common(act[0]) {
			return interceptor.Verdict{}
		}
	}
	return h.Next(resp)
}

func (a actor) OnError(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
	act := a.machine.next(a.name + ".err")
	switch act[0] {
	case "replace":
		return h.Next(traceError(act[1]))
	case "wrap":
		if e.Response != nil {
			e.Response.Body = a.machine.wrap(e.Response.Body)
		}
	case "resolve":
		return h.Resolve(a.machine.made(e.Request, act))
	case "abort":
		a.machine.cancel()
		return h.Reject(traceError(act[1]), interceptor.Through)
	case "answer":
		return h.Reject(&interceptor.Error{Request: e.Request, Response: a.machine.made(e.Request, act)})
	case "reject":
		return h.Reject(traceError(act[1]), flow(act)...)
	case "retry":
		return h.Retry(0)
	case "twice":
		_ = h.Reject(errors.New("this verdict is dropped"))
	case "nil":
		return h.Next((*interceptor.Error)(nil))
	default:
		if a.common(act[0]) {
			return interceptor.Verdict{}
		}
	}
	return h.Next(e)
}

// common does what all three callbacks can do, and reports whether to return the zero verdict.
func (a actor) common(action string) (none bool) {
	switch action {
	case "panic":
		panic(a.name)
	case "cancel":
		a.machine.cancel()
	}
	return action == "none"
}

func (m *machine) made(req *interceptor.Request, act []string) *interceptor.Response {
	status, err := strconv.Atoi(act[1])
	if err != nil {
		status = http.StatusTeapot
	}
	r := interceptor.NewResponse(req, status, nil, nil)
	r.Body = m.open(act[2])
	return r
}

func flow(act []string) []interceptor.Flow {
	if act[len(act)-1] == "through" {
		return []interceptor.Flow{interceptor.Through}
	}
	return nil
}
