//go:build unix

package bench_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// BenchmarkStart measures the CPU time of short programs from start to end: one that does nothing,
// one with a resty client, and two that read a session besides, with and without the key derivation
// of 99designs/keyring. They run in turns.
func BenchmarkStart(b *testing.B) {
	names := []string{"bare", "resty", "sealed", "keyring"}
	bin, dirs := b.TempDir(), make(map[string]string)
	for _, name := range names {
		dirs[name] = b.TempDir()
		if err := os.Chmod(dirs[name], 0o700); err != nil {
			b.Fatal(err)
		}
		run(b, "go", "build", "-o", filepath.Join(bin, name), "./testdata/start/"+name)
		run(b, filepath.Join(bin, name), dirs[name], "first")
	}
	all := make(map[string][]float64)
	for b.Loop() {
		for range *rounds {
			for _, name := range names {
				all[name] = append(all[name], run(b, filepath.Join(bin, name), dirs[name]))
			}
		}
	}
	for _, name := range names {
		b.ReportMetric(middle(all[name]), name+"-cpu-ms")
		b.ReportMetric(slices.Min(all[name]), name+"-best-ms")
	}
}

// run runs a command, and returns the milliseconds of CPU time that it took.
func run(b *testing.B, command string, args ...string) float64 {
	b.Helper()
	c := exec.CommandContext(context.WithoutCancel(b.Context()), command, args...)
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v: %s", command, err, out)
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Fatal("no usage")
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}
