package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// step is a command that measures.
type step struct {
	env  string // one more variable of the environment
	args []string
}

// pace is how much is measured.
type pace uint8

const (
	thorough pace = iota // enough for docs/benchmarks.md
	brief                // enough to see that it runs
)

// steps returns the commands, which run in internal/bench, one after the other. They put binaries
// into bin.
func steps(bin string, p pace) []step {
	test := filepath.Join(bin, "bench.test")
	of := func(env, names string, args ...string) step {
		return step{env, append([]string{test, "-test.run", "^$", "-test.bench", names}, args...)}
	}
	often := func(rounds, slice string) []string {
		if p == brief {
			rounds, slice = "3", "1ms"
		}
		return []string{"-test.benchtime", "1x", "-rounds", rounds, "-slice", slice}
	}
	times := func(n string) []string {
		if p == brief {
			n = "2x"
		}
		return []string{"-test.benchtime", n}
	}
	const single = "GOMAXPROCS=1"
	return []step{
		{"", []string{"go", "test", "-c", "-o", test, "."}},
		of(single, "Transport", often("150", "10ms")...),
		of(single, "Client", often("100", "25ms")...),
		of(single, "Growth", often("50", "20ms")...),
		of(single, "Interceptor|Queued", often("40", "10ms")...),
		of("", "Parallel", often("25", "10ms")...),
		of("", "Herd/goroutines=(1000|10000)$", times("11x")...),
		of("", "Herd/goroutines=100000$", times("3x")...),
		of("", "Crossing|Processes", times("5x")...),
		of("", "Start", often("60", "0")...),
		{"", []string{"./count.sh", test}},
		{"", []string{"go", "test", "../../storage", "-run", "^$", "-bench", "Update", "-benchtime", "300x"}},
		{"", []string{"go", "test", "../../auth", "-run", "^TestSessions_memory$", "-count", "1", "-v"}},
	}
}

func (s step) String() string { return strings.TrimSpace(s.env + " " + strings.Join(s.args, " ")) }

// run runs the command and keeps its figures. Its output is shown.
func (s step) run(ctx context.Context, m *measured) error {
	var out bytes.Buffer
	c := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	c.Stdout, c.Stderr = &out, os.Stderr
	if s.env != "" {
		c.Env = append(os.Environ(), s.env)
	}
	err := c.Run()
	_, _ = os.Stderr.Write(out.Bytes())
	m.read(out.String())
	return err
}

// loads returns the load averages, "?" where they are not known.
func loads() string {
	data, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(data)); err == nil && len(fields) > 0 {
		return fields[0]
	}
	return "?"
}
