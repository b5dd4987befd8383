package auth_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The model: programs made of random steps run one to three simulated processes, which share a
// store, against a strict authtest server, each program in a bubble of its own where time costs
// nothing. A network and a store in between make the faults, and see everything, so that they can
// tell after every step, and during it, whether a promise was broken.
//
//   - model_test.go runs programs, and cuts one that fails down to the steps that matter.
//   - model_program_test.go makes programs.
//   - model_world_test.go is the world a program runs in; model_step_test.go has the steps.
//   - model_network_test.go and model_store_test.go are what processes have in common.
//   - model_ledger_test.go knows every token, and what became of it; model_check_test.go has the promises.
//
// go test ./auth -run TestModel -model.cases=10000 runs more programs, as does the variable
// CHATELAINE_MODEL_CASES where packages are tested together. A failure tells the seed of its
// program: -model.seed=N runs that one again.
var (
	modelCases = flag.Uint64("model.cases", 500, "how many random programs TestModel runs")
	modelSeed  = flag.Uint64("model.seed", 0, "run this program of TestModel, or -model.cases from it on")
)

// TestModel runs random programs.
func TestModel(t *testing.T) {
	t.Parallel()
	seed, cases := *modelSeed, *modelCases
	if s := os.ExpandEnv("$CHATELAINE_MODEL_CASES"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		cases = n
	}
	if seed == 0 {
		seed = 1 + rand.Uint64N(1<<40)
	} else if !flagGiven("model.cases") {
		cases = 1
	}
	var next atomic.Uint64
	var total modelTally
	begin := time.Now()
	for range min(runtime.GOMAXPROCS(0), int(cases)) {
		t.Run("shard", func(t *testing.T) {
			t.Parallel()
			for i := next.Add(1) - 1; i < cases && !t.Failed(); i = next.Add(1) - 1 {
				total.add(runModel(t, seed+i))
			}
		})
	}
	t.Cleanup(func() {
		t.Logf("%d programs from seed %d in %v: %v", cases, seed, time.Since(begin).Round(time.Millisecond), &total)
	})
}

// flagGiven reports whether a flag is on the command line.
func flagGiven(name string) (given bool) {
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}

// runModel runs the program of a seed, and fails the test with the shortest program that still
// fails.
func runModel(t *testing.T, seed uint64) map[string]int {
	t.Helper()
	p := newProgram(seed)
	broken := p.run(t)
	if broken.what == "" {
		return broken.tally
	}
	// A program is not exactly repeatable: what happens at the same instant may happen in any
	// order. So every shorter one gets several chances.
	shortest := broken
	for cut := len(p.steps) / 2; cut > 0; cut /= 2 {
		for at := 0; at+cut <= len(p.steps); {
			shorter := p.without(at, cut)
			again := shorter.runs(t, 3)
			if again.what == "" {
				at += cut
				continue
			}
			p, shortest = shorter, again
		}
	}
	t.Errorf("a promise was broken: %s\n\nat first: %s\nrepeat with -model.seed=%d\n\n%v\n%s",
		shortest.what, broken.what, seed, p, shortest.log)
	return broken.tally
}

// breach is a broken promise.
type breach struct {
	what, log string
	tally     map[string]int
}

// runs repeats a program until it fails.
func (p *program) runs(t *testing.T, times int) breach {
	t.Helper()
	for range times {
		if b := p.run(t); b.what != "" {
			return b
		}
	}
	return breach{}
}

// run runs the program in a bubble.
func (p *program) run(t *testing.T) (b breach) {
	t.Helper()
	stuck := time.AfterFunc(2*time.Minute, func() {
		fmt.Fprintf(os.Stderr, "the program does not come to its end; repeat with -model.seed=%d\n", p.seed)
	})
	defer stuck.Stop()
	var w *world
	defer func() {
		if r := recover(); r != nil { // goroutines that wait for each other
			b.what = fmt.Sprint(r)
		}
		if w != nil && b.what == "" {
			b = w.outcome()
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		w = newWorld(t, p)
		w.play()
	})
	return b
}

// modelTally counts what programs came across, to show that they come across it.
type modelTally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (m *modelTally) add(counts map[string]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = make(map[string]int)
	}
	for k, n := range counts {
		m.counts[k] += n
	}
}

// String lists the counts.
func (m *modelTally) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	for i, k := range sortedKeys(m.counts) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %d", k, m.counts[k])
	}
	return b.String()
}
