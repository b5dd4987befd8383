package atomicfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
)

func wantContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := atomicfile.Read(path, 1<<20)
	if err != nil || string(got) != want {
		t.Errorf("%s: %.60q, %v; want %.60q", path, got, err, want)
	}
}

func wantFiles(t *testing.T, dir string, want int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != want {
		t.Errorf("%d files, %v: %v; want %d", len(entries), err, entries, want)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, content := range []string{"first", "", "longer than before", "x"} {
		if err := atomicfile.Write(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		wantContent(t, path, content)
		wantFiles(t, dir, 1)
	}
	wantPrivate(t, path)
	if err := atomicfile.Write(filepath.Join(dir, "none", "file"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Write without a directory: %v", err)
	}
}

// What is written may be shorter or longer than what was reserved.
func TestReserveAndCommit(t *testing.T) {
	t.Parallel()
	for _, reserved := range []int64{0, 1, 4096, 100_000} {
		for _, size := range []int{0, 1, 4095, 4097, 99_999, 100_001} {
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			p, err := atomicfile.Begin(path, filepath.Join(dir, "tmp"), reserved)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path); err == nil {
				t.Fatal("the file is there before Commit")
			}
			content := bytes.Repeat([]byte{'x'}, size)
			if err := p.Commit(content); err != nil {
				t.Fatal(err)
			}
			p.Abort()
			wantContent(t, path, string(content))
		}
	}
}

func TestAbort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := atomicfile.Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	p, err := atomicfile.Begin(path, dir, 1000)
	if err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, 2)
	p.Abort()
	p.Abort()
	wantFiles(t, dir, 1)
	wantContent(t, path, "old")
	if err := p.Commit([]byte("late")); err == nil {
		t.Error("Commit after Abort succeeded")
	}
	wantContent(t, path, "old")
}

// When the last step fails the old content stays, and no litter.
func TestCommitFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.MkdirAll(filepath.Join(path, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(path, []byte("new")); err == nil {
		t.Error("a directory was replaced")
	}
	wantFiles(t, dir, 1)
	if err := atomicfile.Remove(path); err == nil {
		t.Error("a directory that is not empty was removed")
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := atomicfile.Read(path, 5); err != nil || string(got) != "12345" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := atomicfile.Read(path, 4); !errors.Is(err, atomicfile.ErrUnexpected) {
		t.Errorf("over the limit: %v", err)
	}
	if _, err := atomicfile.Read(dir, 1<<20); !errors.Is(err, atomicfile.ErrUnexpected) {
		t.Errorf("a directory: %v", err)
	}
	if _, err := atomicfile.Read(filepath.Join(dir, "none"), 1); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, atomicfile.ErrUnexpected) {
		t.Errorf("no file: %v", err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	if _, err := os.Lstat(link); err != nil {
		t.Skip("no symbolic links here") // wine reports success and makes none
	}
	if _, err := atomicfile.Read(link, 10); !errors.Is(err, atomicfile.ErrUnexpected) {
		t.Errorf("a symbolic link: %v", err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, name := range []string{path, path + "-other"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := atomicfile.Remove(path); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, 1)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{
		"file.tmp-new": 0, "file.tmp-old": time.Hour, "other.tmp-old": time.Hour, "no temporary file": time.Hour,
	} {
		path, then := filepath.Join(dir, name), time.Now().Add(-age)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
	}
	isFile := func(target string) bool { return target == "file" }
	for _, step := range []struct {
		age     time.Duration
		belongs func(string) bool
		left    int
	}{{2 * time.Hour, isFile, 4}, {time.Minute, isFile, 3}, {0, isFile, 2}, {0, func(string) bool { return true }, 1}} {
		if err := atomicfile.Sweep(dir, step.age, step.belongs); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, step.left)
	}
	if err := atomicfile.Sweep(filepath.Join(dir, "none"), 0, isFile); err != nil {
		t.Errorf("Sweep without a directory: %v", err)
	}
}

func TestSync(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Sync(path); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, "x")
	wantPrivate(t, path)
	if err := atomicfile.Sync(path + "-none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
