package refusals_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/auth/internal/refusals"
)

var (
	t0    = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	fresh = record.Name{Session: "s", Generation: 2}
	other = record.Name{Session: "s", Generation: 3}
)

func get(path string) *http.Request {
	return httptest.NewRequest(http.MethodGet, "https://api.example.com"+path, http.NoBody)
}

// TestMemory_About: what is known of a refusal, by its token, the request and the time.
func TestMemory_About(t *testing.T) {
	t.Parallel()
	trial, refused := new(refusals.Memory), new(refusals.Memory)
	trial.Try(get("/users/1"), fresh, t0)
	refused.Add(get("/users/1"), fresh, t0)
	for name, test := range map[string]struct {
		memory   *refusals.Memory
		path     string
		token    record.Name
		accepted bool
		after    time.Duration
		want     refusals.Verdict
	}{
		"nothing is known":              {new(refusals.Memory), "/users/1", fresh, true, 0, refusals.Unknown},
		"another path":                  {refused, "/groups/1", fresh, true, 0, refusals.Unknown},
		"another path on trial":         {trial, "/groups/1", fresh, true, 0, refusals.Unknown},
		"on trial":                      {trial, "/users/1", fresh, false, 0, refusals.OnTrial},
		"on trial, another identifier":  {trial, "/users/2", fresh, false, 0, refusals.OnTrial},
		"on trial, another token":       {trial, "/users/1", other, true, 0, refusals.Unknown},
		"the trial takes too long":      {trial, "/users/1", fresh, false, 10 * time.Second, refusals.Unknown},
		"refused":                       {refused, "/users/1", fresh, false, 0, refusals.Hopeless},
		"refused, another identifier":   {refused, "/users/2", fresh, false, 0, refusals.Hopeless},
		"refused, another token":        {refused, "/users/1", other, false, 0, refusals.Unknown},
		"refused, a token that is good": {refused, "/users/1", other, true, 0, refusals.Hopeless},
		"refused, shortly before":       {refused, "/users/1", fresh, false, time.Minute - 1, refusals.Hopeless},
		"refused, too long ago":         {refused, "/users/1", fresh, false, time.Minute, refusals.Unknown},
	} {
		if got := test.memory.About(get(test.path), test.token, test.accepted, t0.Add(test.after)); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// TestMemory_Add: a refusal that repeats itself lasts twice as long, eight minutes at most; one that
// ends a trial does not count as repeated.
func TestMemory_Add(t *testing.T) {
	t.Parallel()
	var m refusals.Memory
	m.Try(get("/"), fresh, t0)
	at := t0
	for _, minutes := range []int{1, 2, 4, 8, 8} {
		m.Add(get("/"), fresh, at)
		m.Try(get("/"), other, at) // a trial does not replace a refusal
		end := at.Add(time.Duration(minutes) * time.Minute)
		if m.About(get("/"), fresh, false, end.Add(-1)) != refusals.Hopeless || m.About(get("/"), fresh, false, end) != refusals.Unknown {
			t.Errorf("it does not last %d minutes", minutes)
		}
		at = end
	}
	m.Forget(get("/"))
	m.Add(get("/"), fresh, at)
	if m.About(get("/"), fresh, false, at.Add(time.Minute)) != refusals.Unknown {
		t.Error("a response that was not refused has not ended the memory")
	}
}

// TestMemory_bound: of too many refusals the oldest is forgotten, and a trial evicts nothing.
func TestMemory_bound(t *testing.T) {
	t.Parallel()
	var m refusals.Memory
	path := func(i int) *http.Request { return get(fmt.Sprintf("/path-%c%c", 'a'+i/26, 'a'+i%26)) }
	for i := range 256 {
		m.Add(path(i), fresh, t0.Add(time.Duration(i)))
	}
	m.Try(path(256), fresh, t0)
	if m.About(path(256), fresh, false, t0) != refusals.Unknown || m.About(path(0), fresh, false, t0) != refusals.Hopeless {
		t.Error("a trial has taken the place of a refusal")
	}
	m.Add(path(255), fresh, t0.Add(time.Second)) // known: it takes no other's place
	if m.About(path(0), fresh, false, t0) != refusals.Hopeless {
		t.Error("a refusal that repeats itself has taken the place of another")
	}
	m.Add(path(256), fresh, t0.Add(time.Second))
	for i, want := range map[int]refusals.Verdict{0: refusals.Unknown, 1: refusals.Hopeless, 255: refusals.Hopeless, 256: refusals.Hopeless} {
		if got := m.About(path(i), fresh, false, t0.Add(time.Second)); got != want {
			t.Errorf("%d: %d, want %d", i, got, want)
		}
	}
}

// TestMemory_identifiers: paths that differ in an identifier are of one kind.
func TestMemory_identifiers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want refusals.Verdict
	}{
		{"/orders/17/lines", "/orders/4711/lines", refusals.Hopeless},
		{"/orders/17", "/orders/mine", refusals.Unknown},
		{"/v1/orders", "/v2/orders", refusals.Unknown},
		{"/o/5f0c6f2e-0c1c-4f6e-9b3a", "/o/a1b2c3d4e5f60718", refusals.Hopeless},
		{"/o/aVeryLongWordWithoutDigits", "/o/anotherLongWordWithoutOnes", refusals.Unknown},
		{"/orders/0", "/orders/9", refusals.Hopeless},
		{"/files/a-very-long-name.without", "/files/another-long.name-without", refusals.Unknown},
		{"/a", "/a?b=c", refusals.Hopeless},
		{"/a/b", "/ab", refusals.Unknown},
	} {
		var m refusals.Memory
		m.Add(get(test.a), fresh, t0)
		if got := m.About(get(test.b), fresh, false, t0); got != test.want {
			t.Errorf("%s and %s: %d, want %d", test.a, test.b, got, test.want)
		}
		post := get(test.a)
		post.Method = http.MethodPost
		if m.About(post, fresh, false, t0) != refusals.Unknown {
			t.Errorf("%s: another method is of the same kind", test.a)
		}
		elsewhere := get(test.a)
		elsewhere.URL.Host = "other.example.com"
		if m.About(elsewhere, fresh, false, t0) != refusals.Unknown {
			t.Errorf("%s: another server is of the same kind", test.a)
		}
	}
}

// TestMemory_Empty: requests ask the memory only while it holds something.
func TestMemory_Empty(t *testing.T) {
	t.Parallel()
	var m refusals.Memory
	want := func(empty bool, after string) {
		t.Helper()
		if m.Empty() != empty {
			t.Errorf("%s: empty is %v", after, !empty)
		}
	}
	want(true, "new")
	m.Forget(get("/a"))
	want(true, "after nothing was forgotten")
	m.Try(get("/a"), fresh, t0)
	want(false, "after a trial")
	m.Add(get("/b"), fresh, t0)
	m.Forget(get("/a"))
	want(false, "with one of two left")
	m.Forget(get("/b"))
	want(true, "after both were forgotten")
}
