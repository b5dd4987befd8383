//go:build unix

package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// BenchmarkUpdate: an Update costs the same whatever else is in the directory.
func BenchmarkUpdate(b *testing.B) {
	for _, others := range []int{0, 1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("others=%d", others), func(b *testing.B) {
			if others == 100_000 && testing.Short() {
				b.Skip("makes 200,000 files")
			}
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
			began := cpuTime(b)
			for i := 0; b.Loop(); i++ {
				if err := s.Update(b.Context(), "default", returning(strconv.Itoa(i))); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
		})
	}
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
