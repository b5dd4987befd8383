package chain_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// expect is what the documentation says a program does, written down a second time and differently:
// as a walk over the list with the rules of package interceptor, without bodies, contexts or
// transports.
func (p *program) expect() (trace []string, result string) {
	m := &model{program: p, times: make(map[string]int), canceled: p.canceled}
	for attempt := 1; ; attempt++ {
		m.last = attempt == p.attempts || p.oneShot
		state, value := m.requests()
		if state == "send" {
			state, value = m.send()
		}
		if state == "responses" {
			state, value = m.responses(value)
		}
		if state == "errors" {
			state, value = m.errors(value)
			if state == "end" && p.strict && !strings.HasPrefix(value, "=") {
				value = "error" // nobody dealt with the bad status
			}
		}
		if state != "retry" {
			return m.trace, strings.TrimPrefix(value, "=")
		}
	}
}

// model is a walk through a program. A value is "error", a status and a body, or the same after "="
// if an interceptor has made it the result.
type model struct {
	*program

	trace    []string
	times    map[string]int
	sends    int
	canceled bool
	last     bool // no further attempt is possible
}

// act notes a callback and returns the words of its action. What ends the call for every callback
// alike comes as a value.
func (m *model) act(callback string) (words []string, through bool, ended string) {
	m.trace = append(m.trace, callback)
	words = []string{"next"}
	if script := m.actions[callback]; len(script) > 0 {
		words = strings.Fields(script[min(m.times[callback], len(script)-1)])
		m.times[callback]++
	}
	switch words[0] {
	case "cancel":
		m.canceled = true
	case "abort":
		m.canceled = true
		return []string{"reject", "through"}, true, "error"
	case "panic":
		ended = "=panic"
	case "none", "nil":
		ended = "error"
	case "resolve":
		ended = "=" + words[1] + " " + words[2]
	case "reject", "answer":
		ended = "error"
	}
	return words, words[len(words)-1] == "through", ended
}

func (m *model) requests() (state, value string) {
	for _, name := range m.list {
		if m.canceled {
			return "errors", "error"
		}
		words, through, ended := m.act(name + ".req")
		switch {
		case through && words[0] == "resolve":
			return "responses", ended
		case through && words[0] == "reject":
			return "errors", ended
		case ended != "":
			return "end", ended
		}
	}
	if m.canceled {
		return "errors", "error"
	}
	return "send", ""
}

func (m *model) send() (state, value string) {
	m.trace = append(m.trace, "NET")
	answer := strings.Fields(m.net[min(m.sends, len(m.net)-1)])
	m.sends++
	switch {
	case answer[0] == "panic":
		return "end", "=panic"
	case answer[0] == "fail":
		return "errors", "error"
	case m.bad == 0 && answer[0] >= "400", answer[0] == strconv.Itoa(m.bad):
		return "errors", strings.Join(answer, " ")
	default:
		return "responses", strings.Join(answer, " ")
	}
}

// back is the order of the way back.
func (m *model) back() []string {
	back := slices.Clone(m.list)
	if m.reverse {
		slices.Reverse(back)
	}
	return back
}

func (m *model) responses(value string) (state, result string) {
	for _, name := range m.back() {
		if m.canceled {
			return "errors", "error"
		}
		words, through, ended := m.act(name + ".res")
		switch {
		case words[0] == "replace":
			value = words[1] + " " + words[2]
		case words[0] == "retry" && !m.last && !m.canceled:
			return "retry", ""
		case through && words[0] == "reject":
			return "errors", ended
		case ended != "":
			return "end", ended
		}
	}
	return "end", "=" + strings.TrimPrefix(value, "=")
}

// errors gets "error", or the bad response that nobody has dealt with yet.
func (m *model) errors(value string) (state, result string) {
	for _, name := range m.back() {
		if m.canceled {
			value = "error"
		}
		words, through, ended := m.act(name + ".err")
		switch {
		case words[0] == "replace", through && words[0] == "reject":
			value = "error"
		case words[0] == "retry" && !m.last && !m.canceled:
			return "retry", ""
		case ended != "":
			return "end", ended
		}
	}
	return "end", value
}

// checkModel runs a program and compares it with what it should do.
func checkModel(t *testing.T, p *program) {
	t.Helper()
	o := p.run(t)
	trace, result := p.expect()
	if got, want := strings.Join(o.trace, " "), strings.Join(trace, " "); got != want {
		t.Errorf("callbacks\n got %s\nwant %s\n%s", got, want, p)
	}
	got := "error"
	switch {
	case o.panicked:
		got = "panic"
	case o.err == nil:
		got = fmt.Sprintf("%d %s", o.status, o.body)
	}
	if got != result {
		t.Errorf("got %s, want %s\n%s", got, result, p)
	}
	o.checkBodies(t)
}

func (p *program) String() string { return fmt.Sprintf("%+v", *p) }

// TestModel_agreesWithTheTable checks the second opinion against the first.
func TestModel_agreesWithTheTable(t *testing.T) {
	t.Parallel()
	for _, c := range traceCases(t) {
		if trace, _ := parseProgram(t, c.lines).expect(); strings.Join(trace, " ") != c.lines["want"] {
			t.Errorf("%s: the model says %v", c.name, trace)
		}
	}
}
