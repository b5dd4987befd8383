package bench_test

import (
	"flag"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"
)

var (
	rounds = flag.Int("rounds", 75, "rounds of a comparison")
	slice  = flag.Duration("slice", 3*time.Millisecond, "CPU time for one contestant in one round")
)

// contestant is one of several that do the same work.
type contestant struct {
	name string
	do   func() error
}

// cost is what one operation takes.
type cost struct {
	cpu, bytes, allocs float64
}

// minus returns what c takes more than base.
func (c cost) minus(base cost) cost {
	return cost{c.cpu - base.cpu, c.bytes - base.bytes, c.allocs - base.allocs}
}

// comparison holds what each contestant took, round by round.
type comparison map[string][]cost

// compare measures the contestants in turns, round after round, in one process: what the machine
// does meanwhile, the frequency of its clock and the state of its caches, concern all of them
// alike. The time is that of the CPU, the collector's work included, so it does not count who else
// is at work on the machine.
func compare(b *testing.B, all []contestant) comparison {
	b.Helper()
	n := make([]int, len(all))
	for i, c := range all {
		n[i] = calibrate(b, c)
	}
	costs := make(comparison, len(all))
	for range *rounds {
		for i, c := range all {
			costs[c.name] = append(costs[c.name], measureN(b, c, n[i]))
		}
	}
	return costs
}

// of returns the median of the rounds.
func (c comparison) of(name string) cost { return median(c[name]) }

// added returns the median of what a contestant took more than base in the same round.
func (c comparison) added(name, base string) cost {
	more := make([]cost, len(c[name]))
	for i, taken := range c[name] {
		more[i] = taken.minus(c[base][i])
	}
	return median(more)
}

func median(all []cost) cost {
	return cost{
		medianOf(all, func(c cost) float64 { return c.cpu }),
		medianOf(all, func(c cost) float64 { return c.bytes }),
		medianOf(all, func(c cost) float64 { return c.allocs }),
	}
}

// calibrate returns how often a contestant works in one slice.
func calibrate(b *testing.B, c contestant) int {
	b.Helper()
	for n := 1; ; n *= 2 {
		if took := measureN(b, c, n).cpu * float64(n); took >= float64(*slice)/4 || n > 1<<24 {
			return max(1, int(float64(n)*float64(*slice)/max(took, 1)))
		}
	}
}

// measureN lets a contestant work n times.
func measureN(b *testing.B, c contestant, n int) cost {
	b.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := cpuTime()
	for range n {
		if err := c.do(); err != nil {
			b.Fatalf("%s: %v", c.name, err)
		}
	}
	used := cpuTime() - begin
	runtime.ReadMemStats(&after)
	return cost{
		float64(used.Nanoseconds()) / float64(n),
		float64(after.TotalAlloc-before.TotalAlloc) / float64(n),
		float64(after.Mallocs-before.Mallocs) / float64(n),
	}
}

func medianOf[T any](all []T, of func(T) float64) float64 {
	values := make([]float64, len(all))
	for i, v := range all {
		values[i] = of(v)
	}
	return middle(values)
}

// middle returns the median of values, which it sorts.
func middle(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// report prints a line for one contestant: what it takes, and further metrics in pairs of name and
// value.
func report(b *testing.B, name string, c cost, more ...any) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()           // shows the two metrics of that name
		b.ReportMetric(0, "ns/op") // the time on the wall means nothing here
		b.ReportMetric(c.cpu, "cpu-ns/op")
		b.ReportMetric(math.Round(c.bytes), "B/op") // testing cuts the fraction off
		b.ReportMetric(math.Round(c.allocs), "allocs/op")
		for i := 0; i+1 < len(more); i += 2 {
			b.ReportMetric(more[i+1].(float64), more[i].(string))
		}
	})
}
