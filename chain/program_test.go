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
	attempts int
}

// observed is what a program did.
type observed struct {
	trace         []string
	resp          *http.Response
	status        int
	body          string
	err           error
	panicked      bool
	opened        int
	closed        int
	requestClosed bool
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

// run sends one request through the program.
func (p *program) run(tb testing.TB) *observed {
	tb.Helper()
	o := new(observed)
	ctx, cancel := context.WithCancel(tb.Context())
	defer cancel()
	m := &machine{program: p, observed: o, cancel: cancel, times: make(map[string]int)}
	config := chain.Config{MaxAttempts: p.attempts, ErrorOnBadStatus: p.strict}
	if p.reverse {
		config.ReturnOrder = chain.Reverse
	}
	list := make([]interceptor.Interceptor, len(p.list))
	for i, name := range p.list {
		list[i] = actor{name: name, machine: m}
	}
	body := &counted{Reader: strings.NewReader("body"), closed: func() { o.requestClosed = true }}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example.com/x", body)
	if err != nil {
		tb.Fatal(err)
	}
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("body")), nil }
	func() {
		defer func() { o.panicked = recover() != nil }()
		o.resp, o.err = config.New(list...).Transport(m).RoundTrip(req) //nolint:bodyclose // below
	}()
	if o.resp != nil {
		o.status = o.resp.StatusCode
		data, err := io.ReadAll(o.resp.Body)
		o.body = string(data)
		if err = errors.Join(err, o.resp.Body.Close()); err != nil {
			tb.Errorf("reading the response: %v", err)
		}
	}
	return o
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

// machine is one run of a program.
type machine struct {
	*program
	*observed

	cancel context.CancelFunc
	times  map[string]int
	sends  int
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
	m.opened++
	body := &counted{Reader: strings.NewReader(answer[1]), closed: func() { m.closed++ }}
	return &http.Response{StatusCode: status, Status: answer[0], Header: http.Header{}, Body: body, Request: r}, nil
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
		return h.Resolve(made(req, act), flow(act)...)
	case "reject":
		return h.Reject(traceError(act[1]), flow(act)...)
	case "panic":
		panic(a.name) //nolint:forbidigo // that is the test
	case "none":
		return interceptor.Verdict{}
	case "nil":
		return h.Next(nil)
	case "cancel":
		a.machine.cancel()
	}
	return h.Next(req)
}

func (a actor) OnResponse(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
	act := a.machine.next(a.name + ".res")
	switch act[0] {
	case "replace":
		return h.Next(made(resp.Request, act))
	case "resolve":
		return h.Resolve(made(resp.Request, act))
	case "reject":
		return h.Reject(traceError(act[1]), flow(act)...)
	case "retry":
		return h.Retry(0)
	case "panic":
		panic(a.name) //nolint:forbidigo // that is the test
	case "none":
		return interceptor.Verdict{}
	case "nil":
		return h.Next(nil)
	case "cancel":
		a.machine.cancel()
	}
	return h.Next(resp)
}

func (a actor) OnError(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
	act := a.machine.next(a.name + ".err")
	switch act[0] {
	case "replace":
		return h.Next(traceError(act[1]))
	case "resolve":
		return h.Resolve(made(e.Request, act))
	case "reject":
		return h.Reject(traceError(act[1]), flow(act)...)
	case "retry":
		return h.Retry(0)
	case "panic":
		panic(a.name) //nolint:forbidigo // that is the test
	case "none":
		return interceptor.Verdict{}
	case "nil":
		return h.Next(nil)
	case "cancel":
		a.machine.cancel()
	}
	return h.Next(e)
}

func made(req *interceptor.Request, act []string) *interceptor.Response {
	status, err := strconv.Atoi(act[1])
	if err != nil {
		status = http.StatusTeapot
	}
	return interceptor.NewResponse(req, status, nil, []byte(act[2]))
}

func flow(act []string) []interceptor.Flow {
	if act[len(act)-1] == "through" {
		return []interceptor.Flow{interceptor.Through}
	}
	return nil
}
