package auth

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// TestFailure_clock: a clock that is set back makes no caller wait longer, one that is set forward
// or a program that slept has waited.
func TestFailure_clock(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f := failure{err: &RefreshError{RetryAfter: time.Minute}, at: at, count: 1}
	for after, want := range map[time.Duration]time.Duration{
		-time.Hour: 0, -time.Nanosecond: 0, 0: time.Minute, 20 * time.Second: 40 * time.Second, time.Minute: 0, time.Hour: 0,
	} {
		if got := f.wait(refused, at.Add(after)); got != want {
			t.Errorf("after %v: %v, want %v", after, got, want)
		}
	}
}

// TestNewFailure: the first failure makes nobody wait, and each further one in a row doubles the
// wait, unless the server has said how long it is.
func TestNewFailure(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	var f *failure
	for i, want := range []time.Duration{
		0, 250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 8000 * ms, 16000 * ms, maxBackoff, maxBackoff,
	} {
		if f = newFailure(f, errDown, t0); f.err.RetryAfter != want || f.count != i+1 || f.at != t0 {
			t.Errorf("failure %d: number %d of %v, after %v, want %v", i+1, f.count, f.at, f.err.RetryAfter, want)
		}
	}
	if f.count = math.MaxInt / 2; newFailure(f, errDown, t0).err.RetryAfter != maxBackoff {
		t.Error("a long row of failures does not wait for the longest time")
	}
	for asked, want := range map[time.Duration]time.Duration{1: 1, time.Hour: time.Hour, 0: maxBackoff, -time.Minute: maxBackoff} {
		cause := &RefreshError{RetryAfter: asked, Err: errDown}
		if got := newFailure(f, cause, t0).err.RetryAfter; got != want {
			t.Errorf("the server asked for %v: %v, want %v", asked, got, want)
		}
		if cause.RetryAfter != asked {
			t.Error("the cause was changed")
		}
	}
}

// TestFailure_wait: a refresh ahead of time waits longer than a request that needs one, and a
// request that was under way when the refresh failed shares the failure for as long.
func TestFailure_wait(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		count             int
		asked             time.Duration
		after             time.Duration
		needed, early     time.Duration
		standsForOnTheWay bool
	}{
		{1, 0, 0, 0, 30 * time.Second, true},
		{2, 0, 100 * time.Millisecond, 150 * time.Millisecond, 29900 * time.Millisecond, true},
		{1, time.Minute, time.Second, 59 * time.Second, 59 * time.Second, true},
		{1, time.Second, time.Second, 0, 29 * time.Second, true},
		{1, 0, maxBackoff - 1, 0, 1, true},
		{1, 0, maxBackoff, 0, 0, false},
		{1, 0, -1, 0, 0, false},
	} {
		f := failure{err: &RefreshError{RetryAfter: test.asked}, at: t0, count: test.count}
		now := t0.Add(test.after)
		needed, ahead, stands := f.wait(expired, now), f.wait(early, now), f.stands(now)
		if needed != test.needed || ahead != test.early || stands != test.standsForOnTheWay || f.wait(refused, now) != needed || f.wait(manual, now) != needed {
			t.Errorf("%+v: %v, ahead of time %v, stands %v", test, needed, ahead, stands)
		}
	}
}

// TestWindow: when as many refreshes as are allowed have not helped, the next one waits until the
// oldest of them has left the interval.
func TestWindow(t *testing.T) {
	t.Parallel()
	at := func(seconds ...int) (w window) {
		for _, s := range seconds {
			w.add(t0.Add(time.Duration(s) * time.Second))
		}
		return w
	}
	for name, test := range map[string]struct {
		window window
		most   int
		now    time.Duration
		want   time.Duration
		left   window
	}{
		"none":                {at(), 1, 0, 0, at()},
		"fewer than allowed":  {at(0, 1), 3, 2 * time.Second, 0, at(0, 1)},
		"as many":             {at(0, 1, 2), 3, 2 * time.Second, 8 * time.Second, at(0, 1, 2)},
		"more, and then less": {at(0, 1, 2), 2, 2 * time.Second, 9 * time.Second, at(0, 1, 2)},
		"one is allowed":      {at(5), 1, 5 * time.Second, 10 * time.Second, at(5)},
		"shortly before":      {at(0), 1, 10*time.Second - 1, 1, at(0)},
		"the interval is over": {
			at(0), 1, 10 * time.Second, 0, at(),
		},
		"the oldest has left": {at(0, 5), 1, 12 * time.Second, 3 * time.Second, at(5)},
		"no limit":            {at(0, 1, 2), -1, 2 * time.Second, 0, at(0, 1, 2)},
	} {
		w := test.window
		got := w.wait(t0.Add(test.now), RefreshWindow{MaxAttempts: test.most, Interval: 10 * time.Second})
		if got != test.want || !slices.Equal(w, test.left) {
			t.Errorf("%s: %v, want %v; %v are left", name, got, test.want, w)
		}
	}
}

// TestSubjects tells users apart only where both tokens name one.
func TestSubjects(t *testing.T) {
	t.Parallel()
	const (
		alice, bob, other = "e30.eyJzdWIiOiJhbGljZSJ9.x", "e30.eyJzdWIiOiJib2IifQ.x", "e30.eyJpc3MiOiJvIiwic3ViIjoiYWxpY2UifQ.x"
		nobody, empty     = "e30.eyJzdWIiOm51bGx9.x", "e30.eyJzdWIiOiIifQ.x"
		seven, text7      = "e30.eyJzdWIiOjd9.x", "e30.eyJzdWIiOiI3In0.x"
	)
	for _, test := range []struct {
		a, b        string
		same, other bool
	}{
		{alice, alice, true, false},
		{alice, bob, false, true},
		{alice, other, false, true},
		{alice, nobody, false, false},
		{nobody, nobody, false, false},
		{empty, empty, false, false},
		{seven, seven, true, false},
		{seven, text7, false, true},
		{alice, "opaque", false, false},
		{"opaque", "opaque", false, false},
		{"a.!.b", alice, false, false},
	} {
		if same, differ := tokens.SameSubject(test.a, test.b), tokens.OtherSubject(test.a, test.b); same != test.same || differ != test.other {
			t.Errorf("%s %s: same %v, other %v", test.a, test.b, same, differ)
		}
	}
}
