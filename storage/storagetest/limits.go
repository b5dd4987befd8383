package storagetest

import (
	"fmt"
	"testing"
	"time"
)

// Limits adapt the suite to what a store can do. The zero value is the default.
type Limits struct {
	// Patience is how long the suite waits for a call that has no reason to wait,
	// unless the time left before the deadline of go test -timeout is short. The
	// lock of a killed holder must expire within it, and a store must give up on
	// a server that does not respond. Default [Patience], at least 1 s.
	Patience time.Duration
	// MaxValue is the largest value in bytes that the store takes. The suite
	// leaves out what is larger, but for one check: such a value is refused with
	// [storage.ErrTooLarge], and the old one stays. Default 1 MiB, without that
	// check; at least 64 KiB, which every store takes.
	MaxValue int
}

const (
	minPatience     = time.Second
	defaultMaxValue = 1 << 20
	minMaxValue     = 64 << 10
)

// oneOf returns the limits that were given, or the default.
func oneOf(limits []Limits) (Limits, error) {
	switch len(limits) {
	case 0:
		return Limits{}, nil
	case 1:
		return limits[0], limits[0].check()
	default:
		return Limits{}, fmt.Errorf("storagetest: %d Limits were given; give one", len(limits))
	}
}

func (l Limits) check() error {
	if l.Patience != 0 && l.Patience < minPatience {
		return fmt.Errorf("storagetest: Limits.Patience is %v; it must be at least %v", l.Patience, minPatience)
	}
	if l.MaxValue != 0 && l.MaxValue < minMaxValue {
		return fmt.Errorf("storagetest: Limits.MaxValue is %d; it must be at least %d, which every store takes",
			l.MaxValue, minMaxValue)
	}
	return nil
}

// A tester is a test with the limits of the store that it checks.
type tester struct {
	*testing.T
	limits Limits
}

// patience is that of the limits, or less if the deadline of the test is near.
func (t *tester) patience() time.Duration {
	patience := t.limits.Patience
	if patience == 0 {
		patience = Patience
	}
	if end, ok := t.Deadline(); ok {
		return min(patience, time.Until(end)/4)
	}
	return patience
}

// maxValue is the size of the largest value that the suite stores.
func (t *tester) maxValue() int {
	if t.limits.MaxValue == 0 {
		return defaultMaxValue
	}
	return t.limits.MaxValue
}

// sizes returns those that the store takes, and the largest one that it takes.
func (t *tester) sizes(wanted ...int) (sizes []int) {
	for _, size := range wanted {
		if size < t.maxValue() {
			sizes = append(sizes, size)
		}
	}
	return append(sizes, t.maxValue())
}
