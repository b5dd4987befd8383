//go:build unix

package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// BenchmarkUpdate: an Update costs the same whatever else is in the directory.
func BenchmarkUpdate(b *testing.B) {
	sizes := []int{0, 1_000, 10_000, 100_000}
	if testing.Short() {
		sizes = sizes[:3] // the last one makes 200,000 files
	}
	stores := make([]*storage.Sealed, len(sizes))
	for i, others := range sizes {
		stores[i] = among(b, others)
	}
	used := make([][]int64, len(sizes))
	for n := 0; b.Loop(); n++ {
		for i, s := range stores { // in turns: what the machine does meanwhile concerns all alike
			began := cpuTime(b)
			if err := s.Update(b.Context(), "default", returning(strconv.Itoa(n))); err != nil {
				b.Fatal(err)
			}
			used[i] = append(used[i], cpuTime(b)-began)
		}
	}
	for i, others := range sizes {
		slices.Sort(used[i])
		b.ReportMetric(float64(used[i][len(used[i])/2]), fmt.Sprintf("cpu-ns/others=%d", others))
	}
}

// among returns a store whose directory holds other values, each with its lock file.
func among(b *testing.B, others int) *storage.Sealed {
	b.Helper()
	dir := b.TempDir()
	s, err := storage.OpenSealed(config(dir))
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Unlock(b.Context()); err != nil { // before there are values that it does not fit
		b.Fatal(err)
	}
	for i := range others {
		base := filepath.Join(dir, fmt.Sprintf("%s-%032x", service, i))
		for _, suffix := range []string{".sealed", ".lock"} {
			if err := os.WriteFile(base+suffix, []byte("a value"), 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	return s
}

// cpuTime is the CPU time of this process: the disk's time depends on what else
// it does.
func cpuTime(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
