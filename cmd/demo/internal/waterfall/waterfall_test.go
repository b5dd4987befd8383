package waterfall_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/waterfall"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

func at(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }

func exchange(role wire.Role, method, path string, status, start, took int) wire.Exchange {
	return wire.Exchange{
		Role: role, Method: method, Path: path, Status: status, Signed: role != wire.Login && role != wire.Refresh,
		Start: at(start), Took: time.Duration(took) * time.Millisecond,
	}
}

// A refused request, the refresh, and the request sent again.
func ExampleDraw() {
	err := waterfall.Draw(os.Stdout, screen.Style{}, 89, []wire.Exchange{
		exchange(wire.Request, "GET", "/me", 401, 0, 20),
		exchange(wire.Refresh, "POST", "/auth/refresh", 201, 20, 60),
		exchange(wire.Resent, "GET", "/me", 200, 80, 20),
	})
	fmt.Println(err)
	// Output:
	// 401  GET    /me            ━━━━━                        20.0 ms  token rejected
	//     201  POST   /auth/refresh       ━━━━━━━━━━━━━━━         60.0 ms  refresh
	//     200  GET    /me                                ━━━━━    20.0 ms  sent again
	// <nil>
}

func draw(t *testing.T, width int, exchanges ...wire.Exchange) string {
	t.Helper()
	var b strings.Builder
	if err := waterfall.Draw(&b, screen.Style{}, width, exchanges); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDraw_remarks: every row says what it is for.
func TestDraw_remarks(t *testing.T) {
	t.Parallel()
	redirected := exchange(wire.Request, "GET", "/other", 200, 0, 1)
	redirected.Redirected, redirected.Signed = true, false
	unsigned := exchange(wire.Request, "GET", "/me", 401, 0, 1)
	unsigned.Signed = false
	for want, e := range map[string]wire.Exchange{
		"token rejected":       exchange(wire.Request, "GET", "/me", 401, 0, 1),
		"401  GET":             unsigned,
		"sent again":           exchange(wire.Resent, "GET", "/me", 200, 0, 1),
		"ms  refresh\n":        exchange(wire.Refresh, "POST", "/r", 201, 0, 1),
		"refresh rejected":     exchange(wire.Refresh, "POST", "/r", 400, 0, 1),
		"refresh failed":       exchange(wire.Refresh, "POST", "/r", 503, 0, 1),
		"login":                exchange(wire.Login, "POST", "/l", 200, 0, 1),
		"revocation":           exchange(wire.Revoke, "POST", "/v", 200, 0, 1),
		"no response":          exchange(wire.Request, "GET", "/me", 0, 0, 1),
		"redirected, no token": redirected,
	} {
		if got := draw(t, 100, e); !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if got := draw(t, 100, unsigned); strings.Contains(got, "token") {
		t.Errorf("there was no token: %q", got)
	}
}

// TestDraw_groups: what is alike shares a row if there are many, and its bar spans them all.
func TestDraw_groups(t *testing.T) {
	t.Parallel()
	var all []wire.Exchange
	for i := range 50 {
		all = append(all, exchange(wire.Request, "GET", "/me", 401, i, 10), exchange(wire.Resent, "GET", "/me", 200, 100+i, 10))
	}
	all = append(all, exchange(wire.Refresh, "POST", "/auth/refresh", 201, 60, 40))
	got := draw(t, 100, all...)
	for _, want := range []string{"401  GET    /me ×50", "200  GET    /me ×50", "201  POST   /auth/refresh "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 3 {
		t.Errorf("%d rows\n%s", n, got)
	}
	if !strings.Contains(got, "59.0 ms") {
		t.Errorf("the bar does not span them all\n%s", got)
	}
}

// TestDraw_width: no row is wider than the terminal, as long as that has 80 columns.
func TestDraw_width(t *testing.T) {
	t.Parallel()
	long := exchange(wire.Refresh, "DELETE", "/"+strings.Repeat("long/", 50), 503, 0, 1)
	short := exchange(wire.Request, "GET", "/", 200, 50_000, 9999)
	short.Process = "A"
	for width := 80; width <= 200; width++ {
		for line := range strings.Lines(draw(t, width, long, short)) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
				t.Fatalf("%d columns of %d: %s", n, width, line)
			}
		}
	}
}

// TestDraw_edges: nothing, no time at all, and paths that would move the cursor.
func TestDraw_edges(t *testing.T) {
	t.Parallel()
	if got := draw(t, 80); got != "" {
		t.Errorf("%q", got)
	}
	if got := draw(t, 80, exchange(wire.Request, "GET", "/", 200, 5, 0)); !strings.Contains(got, "╸") && !strings.Contains(got, "━") {
		t.Errorf("no bar: %q", got)
	}
	if got := draw(t, 80, exchange(wire.Request, "GET", "/\x1b[2J\r\n", 200, 0, 1)); strings.ContainsAny(strings.TrimSuffix(got, "\n"), "\x1b\r\n") {
		t.Errorf("%q", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestDraw_error: what cannot be written is an error.
func TestDraw_error(t *testing.T) {
	t.Parallel()
	if err := waterfall.Draw(full{}, screen.Style{}, 80, []wire.Exchange{exchange(wire.Request, "GET", "/", 200, 0, 1)}); err == nil {
		t.Error("no error")
	}
}
