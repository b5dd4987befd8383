package auth

import (
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
