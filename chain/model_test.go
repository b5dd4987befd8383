package chain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// expect is what the documentation says a program does, written down a second time and differently: as a walk over the
// list with the rules of package interceptor, without bodies, contexts or transports. Cancellation is left out.
func (p *program) expect() (trace []string, result string) {
	times := make(map[string]int)
	act := func(callback string) []string {
		trace = append(trace, callback)
		script := p.actions[callback]
		if len(script) == 0 {
			return []string{"next"}
		}
		n := min(times[callback], len(script)-1)
		times[callback]++
		return strings.Fields(script[n])
	}
	back := slices.Clone(p.list)
	if p.reverse {
		slices.Reverse(back)
	}
	sends := 0
	for attempt := 1; ; attempt++ {
		state, value := p.walkRequests(act)
		if state == "send" {
			trace = append(trace, "NET")
			answer := strings.Fields(p.net[min(sends, len(p.net)-1)])
			sends++
			state, value = "responses", answer[0]+" "+answer[1]
			if answer[0] == "fail" {
				state, value = "errors", "error"
			} else if answer[0] >= "400" {
				state = "errors"
			}
		}
		last := attempt == p.attempts
		if state == "responses" {
			state, value = walkResponses(act, back, value, last)
		}
		if state == "errors" {
			state, value = walkErrors(act, back, value, last)
			if state == "end" && value != "error" && p.strict && !strings.HasPrefix(value, "=") {
				value = "error"
			}
		}
		if state != "retry" {
			return trace, strings.TrimPrefix(value, "=")
		}
	}
}

func (p *program) walkRequests(act func(string) []string) (state, value string) {
	for _, name := range p.list {
		a := act(name + ".req")
		through := a[len(a)-1] == "through"
		switch a[0] {
		case "resolve":
			if through {
				return "responses", "=" + a[1] + " " + a[2]
			}
			return "end", "=" + a[1] + " " + a[2]
		case "reject":
			if through {
				return "errors", "error"
			}
			return "end", "error"
		case "panic":
			return "end", "=panic"
		case "none", "nil":
			return "end", "error"
		}
	}
	return "send", ""
}

func walkResponses(act func(string) []string, back []string, value string, last bool) (state, result string) {
	for _, name := range back {
		a := act(name + ".res")
		switch a[0] {
		case "replace":
			value = a[1] + " " + a[2]
		case "resolve":
			return "end", "=" + a[1] + " " + a[2]
		case "reject":
			if a[len(a)-1] == "through" {
				return "errors", "error"
			}
			return "end", "error"
		case "retry":
			if !last {
				return "retry", ""
			}
		case "panic":
			return "end", "=panic"
		case "none", "nil":
			return "end", "error"
		}
	}
	return "end", "=" + strings.TrimPrefix(value, "=")
}

// walkErrors gets "error", or the bad response that nobody has dealt with yet.
func walkErrors(act func(string) []string, back []string, value string, last bool) (state, result string) {
	for _, name := range back {
		a := act(name + ".err")
		switch a[0] {
		case "replace":
			value = "error"
		case "resolve":
			return "end", "=" + a[1] + " " + a[2]
		case "reject":
			if a[len(a)-1] != "through" {
				return "end", "error"
			}
			value = "error"
		case "retry":
			if !last {
				return "retry", ""
			}
		case "panic":
			return "end", "=panic"
		case "none", "nil":
			return "end", "error"
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

func (p *program) String() string {
	return fmt.Sprintf("list %v net %v reverse %v strict %v attempts %d actions %v", p.list, p.net, p.reverse, p.strict, p.attempts, p.actions)
}

// TestModel_agreesWithTheTable checks the second opinion against the first.
func TestModel_agreesWithTheTable(t *testing.T) {
	t.Parallel()
	for _, c := range traceCases(t) {
		p := parseProgram(t, c.lines)
		if strings.Contains(p.String(), "cancel") {
			continue
		}
		if trace, _ := p.expect(); strings.Join(trace, " ") != c.lines["want"] {
			t.Errorf("%s: the model says %v", c.name, trace)
		}
	}
}
