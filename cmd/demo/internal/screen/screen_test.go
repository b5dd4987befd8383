package screen_test

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

func nothing(string) string { return "" }

// TestStyle: the zero value, and a writer that is not a terminal, leave text unchanged.
func TestStyle(t *testing.T) {
	t.Parallel()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, s := range []screen.Style{{}, screen.NewStyle(new(bytes.Buffer), nothing), screen.NewStyle(f, nothing)} {
		if got := s.Red("x") + s.Bold("y") + s.Mark(true) + s.Mark(false) + s.Status(7); got != "xy✓✗  7" {
			t.Errorf("%q", got)
		}
	}
	c := screen.Colored()
	for _, got := range []string{c.Bold("x"), c.Dim("x"), c.Invert("x"), c.Red("x"), c.Green("x"), c.Yellow("x"), c.Blue("x"), c.Magenta("x")} {
		if !strings.HasPrefix(got, "\x1b[") || !strings.HasSuffix(got, "mx\x1b[0m") {
			t.Errorf("%q", got)
		}
	}
	if got := c.Red(""); got != "" {
		t.Errorf("%q", got)
	}
	seen := map[string]bool{}
	for _, code := range []int{0, 200, 404, 500} {
		seen[strings.Trim(c.Status(code), "0123456789-")] = true
	}
	if c.Status(0) != c.Red("---") || c.Status(500) != c.Red("500") || c.Status(404) != c.Yellow("404") || c.Status(302) != c.Green("302") {
		t.Errorf("%v", seen)
	}
	if got := screen.Width(f, 77); got != 77 {
		t.Errorf("%d columns", got)
	}
}

// A terminal is written to and read by several goroutines.
type terminal struct {
	mu   sync.Mutex
	text string
}

func (x *terminal) Write(b []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.text += string(b)
	return len(b), nil
}

func (x *terminal) shown() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.text
}

// TestProgress: quiet for a second, then there, then erased.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := new(terminal)
		p := &screen.Progress{W: x, On: true}
		done := p.Waiting("the server")
		<-time.After(999 * time.Millisecond)
		synctest.Wait()
		if got := x.shown(); got != "" {
			t.Errorf("too early: %q", got)
		}
		<-time.After(3 * time.Second)
		synctest.Wait()
		if got := x.shown(); !strings.HasSuffix(got, "waiting for the server, 3 s") {
			t.Errorf("%q", got)
		}
		done()
		done()
		if got := x.shown(); !strings.HasSuffix(got, ", 3 s\r\x1b[2K") {
			t.Errorf("not erased: %q", got)
		}
	})
}

// TestProgress_hush: it leaves the terminal to a prompt.
func TestProgress_hush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := new(terminal)
		p := &screen.Progress{W: x, On: true}
		defer p.Waiting("the server")()
		<-time.After(2050 * time.Millisecond)
		p.Hush(func() {
			before := x.shown()
			if !strings.HasSuffix(before, "\r\x1b[2K") {
				t.Errorf("not erased: %q", before)
			}
			<-time.After(5 * time.Second)
			if got := x.shown(); got != before {
				t.Errorf("not quiet: %q", got[len(before):])
			}
		})
	})
}

// TestProgress_off: it writes to nothing but a terminal, nor when the wait was short.
func TestProgress_off(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := new(terminal)
		off, on := &screen.Progress{W: x}, &screen.Progress{W: x, On: true, Patience: time.Minute}
		defer off.Waiting("the server")()
		done := on.Waiting("the server")
		<-time.After(59 * time.Second)
		done()
		if got := x.shown(); got != "" {
			t.Errorf("%q", got)
		}
	})
}
