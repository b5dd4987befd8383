package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
)

// TestSharingViolation: a program that has the file open and does not share it, as virus scanners
// do, is waited for by all that touches the file.
func TestSharingViolation(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for what, op := range map[string]func() error{
		"read":    func() error { _, err := atomicfile.Read(path, 100); return err },
		"replace": func() error { return atomicfile.Write(path, []byte("new")) },
		"remove":  func() error { return atomicfile.Remove(path) },
	} {
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		name, err := windows.UTF16PtrFromString(path)
		if err != nil {
			t.Fatal(err)
		}
		scanner, err := windows.CreateFile(name, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := os.Open(path); err == nil {
			_ = f.Close()
			t.Fatal("the file is shared")
		}
		time.AfterFunc(50*time.Millisecond, func() { _ = windows.CloseHandle(scanner) })
		if err := op(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
