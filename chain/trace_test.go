package chain_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestTrace runs every case of testdata/trace.
func TestTrace(t *testing.T) {
	t.Parallel()
	cases := traceCases(t)
	if len(cases) < 50 {
		t.Fatalf("found %d cases, so some are lost", len(cases))
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := parseProgram(t, c.lines)
			o := p.run(t)
			if got, want := strings.Join(o.trace, " "), c.lines["want"]; got != want {
				t.Errorf("callbacks\n got %s\nwant %s", got, want)
			}
			checkResult(t, o, c.lines["result"])
			if want := c.lines["asked"]; want != "" && o.asked != want {
				t.Errorf("the result is for %q, want %q", o.asked, want)
			}
			o.checkBodies(t)
		})
	}
}

// TestTrace_differencesHaveReasons keeps the table honest: what is not Dio's says why.
func TestTrace_differencesHaveReasons(t *testing.T) {
	t.Parallel()
	for _, c := range traceCases(t) {
		if c.lines["dio"] == "" && c.lines["differs"] == "" {
			t.Errorf("%s: says neither where it is from nor how it differs", c.name)
		}
	}
}

// TestTrace_index: everything that stands for a test of Dio's is there, and every case that names
// one is in the index.
func TestTrace_index(t *testing.T) {
	t.Parallel()
	known := make(map[string]bool)
	for _, c := range traceCases(t) {
		known["case "+c.name] = true
	}
	for _, pattern := range []string{"*_test.go", "../interceptor/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllStringSubmatch(string(data), -1) {
				known["test "+m[1]] = true
			}
		}
	}
	data, err := os.ReadFile("../testdata/trace/index")
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]bool)
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		columns := strings.Split(strings.TrimSpace(line), " | ")
		if len(columns) != 3 || ids[columns[0]] {
			t.Errorf("bad line or id used twice: %s", line)
			continue
		}
		ids[columns[0]] = true
		for here := range strings.SplitSeq(columns[2], "; ") {
			if _, reason, _ := strings.Cut(here, "none: "); reason == "" && !known[here] {
				t.Errorf("%s: there is no %q", columns[0], here)
			}
		}
	}
	if len(ids) < 100 {
		t.Errorf("%d entries, so some are lost", len(ids))
	}
	for _, c := range traceCases(t) {
		for _, id := range regexp.MustCompile(`[^#\d]\b(\d+[a-j]?)\b`).FindAllStringSubmatch(c.lines["dio"], -1) {
			if !ids[id[1]] {
				t.Errorf("%s: test %s is not in the index", c.name, id[1])
			}
		}
	}
}

type traceCase struct {
	name  string
	lines map[string]string
}

func traceCases(tb testing.TB) []traceCase {
	tb.Helper()
	files, err := filepath.Glob("../testdata/trace/*.trace")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no cases: %v", err)
	}
	var cases []traceCase
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for _, text := range strings.Split("\n"+string(data), "\n== ")[1:] {
			name, rest, _ := strings.Cut(text, "\n")
			c := traceCase{name: name, lines: make(map[string]string)}
			for line := range strings.Lines(rest) {
				if k, v, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
					c.lines[k] = v
				}
			}
			cases = append(cases, c)
		}
	}
	return cases
}

func parseProgram(t *testing.T, lines map[string]string) *program {
	t.Helper()
	p := &program{list: []string{"A", "B", "C"}, net: []string{"200 ok"}, actions: make(map[string][]string), attempts: 5}
	for k, v := range lines {
		switch {
		case k == "list":
			p.list = strings.Fields(v)
		case k == "net":
			p.net = strings.Split(v, "; ")
		case k == "config":
			for word := range strings.FieldsSeq(v) {
				switch word {
				case "reverse":
					p.reverse = true
				case "strict":
					p.strict = true
				case "queued":
					p.queued = true
				case "canceled":
					p.canceled = true
				case "one-shot":
					p.oneShot = true
				default:
					p.setNumber(t, word)
				}
			}
		case strings.Contains(k, "."):
			p.actions[k] = strings.Split(v, "; ")
			for _, action := range p.actions[k] {
				if word, _, _ := strings.Cut(action, " "); !slices.Contains(vocabulary(), word) {
					t.Fatalf("unknown action %q", action)
				}
			}
		case !slices.Contains([]string{"want", "result", "asked", "dio", "differs"}, k):
			t.Fatalf("unknown key %q", k)
		}
	}
	return p
}

func vocabulary() []string {
	return strings.Fields("next resolve reject abort answer replace rewrite wrap twice retry none nil panic cancel")
}

func (p *program) setNumber(t *testing.T, word string) {
	t.Helper()
	name, text, _ := strings.Cut(word, "=")
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		t.Fatal(err)
	case name == "attempts":
		p.attempts = n
	case name == "bad":
		p.bad = n
	default:
		t.Fatalf("unknown configuration %q", word)
	}
}

func checkResult(t *testing.T, o *observed, want string) {
	t.Helper()
	words := strings.Fields(want)
	switch words[0] {
	case "response":
		if o.err != nil || o.panicked {
			t.Fatalf("got error %v, panic %v, want %s", o.err, o.panicked, want)
		}
		if got := fmt.Sprintf("response %d %s", o.status, o.body); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	case "error":
		checkError(t, o, words[1], words[2:])
	case "fault":
		if o.err == nil || !strings.Contains(o.err.Error(), "("+words[1]+")") {
			t.Errorf("got %v, want an error that names %s", o.err, words[1])
		}
	case "panic":
		if !o.panicked {
			t.Errorf("got %v, want a panic", o.err)
		}
	}
}

func checkError(t *testing.T, o *observed, kind string, causes []string) {
	t.Helper()
	e, ok := errors.AsType[*interceptor.Error](o.err)
	if !ok {
		t.Fatalf("got %v, want an *interceptor.Error", o.err)
	}
	if got := strings.ReplaceAll(e.Kind.String(), " ", "-"); got != kind && (kind != "unknown" || got != "unknown-error") {
		t.Errorf("kind %s, want %s", got, kind)
	}
	for i, name := range causes {
		if !errors.Is(o.err, traceError(name)) {
			t.Errorf("%v: does not hold %s", o.err, name)
		}
		if i == 0 && !errors.Is(e.Err, traceError(name)) {
			t.Errorf("it is %v, want %s", e.Err, name)
		}
	}
	if e.Request == nil {
		t.Error("the error has no request")
	}
	if e.Response != nil {
		if _, err := io.ReadAll(e.Response.Body); err != nil {
			t.Errorf("the body of the error's response cannot be read: %v", err)
		}
	}
}

func (o *observed) checkBodies(t *testing.T) {
	t.Helper()
	if o.opened != o.closed {
		t.Errorf("%d bodies opened, %d closed; trace %s", o.opened, o.closed, strings.Join(o.trace, " "))
	}
	if both := o.resp != nil && o.err != nil; both {
		t.Error("both a response and an error")
	}
	if neither := o.resp == nil && o.err == nil && !o.panicked; neither {
		t.Error("neither a response nor an error")
	}
	if slices.Contains(o.trace, "") {
		t.Error("an empty callback")
	}
}
