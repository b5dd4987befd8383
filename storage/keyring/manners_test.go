package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	kr "github.com/99designs/keyring"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// fakeConfig opens a store whose native keyring is ring.
func fakeConfig(dir string, ring *fakeRing) keyring.Config {
	return keyring.Faked(keyring.Config{Service: "chatelaine-test", Dir: dir, Timeout: 10 * time.Second}, "darwin", ring.Open)
}

// wantOpenError checks that Open fails as it should, and never as if there were
// no session.
func wantOpenError(t *testing.T, cfg keyring.Config, kind error, phrase string) {
	t.Helper()
	s, err := keyring.Open(t.Context(), cfg)
	if s != nil || err == nil || kind != nil && !errors.Is(err, kind) || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), phrase) {
		t.Fatalf("Open: %v; want %v with %q", err, kind, phrase)
	}
}

func fails(err error) func() error { return func() error { return err } }

func explode() error {
	none := map[string][]error{}
	return none["x"][len(none)] // out of range
}

func hang() error { select {} }

func TestFakeConformance(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storage.Store {
		t.Helper()
		return open(t, fakeConfig(t.TempDir(), newFakeRing()))
	})
}

// A keyring may misbehave at the very first Open, when the test entry is written or the key is
// created. Once it works again, nothing is in the way.
func TestBadMannersAtFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil  func(*fakeRing)
		kind   error
		phrase string
	}{
		"set stores nothing":  {func(f *fakeRing) { f.set = fails(errForgets) }, keyring.ErrUnavailable, "does not return it"},
		"set fails":           {func(f *fakeRing) { f.set = fails(errors.New("stub received bad data")) }, keyring.ErrUnavailable, "bad data"},
		"set panics":          {func(f *fakeRing) { f.set = explode }, keyring.ErrUnavailable, "panicked"},
		"get fails":           {func(f *fakeRing) { f.get = fails(errors.New("no D-Bus")) }, keyring.ErrUnavailable, "no D-Bus"},
		"get panics":          {func(f *fakeRing) { f.get = explode }, keyring.ErrUnavailable, "panicked"},
		"get says no file":    {func(f *fakeRing) { f.get = fails(fs.ErrNotExist) }, keyring.ErrUnavailable, ""},
		"open fails":          {func(f *fakeRing) { f.open = fails(kr.ErrNoAvailImpl) }, keyring.ErrUnavailable, "not available"},
		"remove fails":        {func(f *fakeRing) { f.remove = fails(errors.New("denied")) }, keyring.ErrUnavailable, "denied"},
		"returns nothing":     {func(f *fakeRing) { f.altered = func(i kr.Item) kr.Item { i.Data = nil; return i } }, keyring.ErrUnavailable, "something else"},
		"returns garbage":     {func(f *fakeRing) { f.altered = func(i kr.Item) kr.Item { i.Data = []byte("!"); return i } }, keyring.ErrUnavailable, ""},
		"returns half":        {func(f *fakeRing) { f.altered = func(i kr.Item) kr.Item { i.Data = i.Data[:20]; return i } }, keyring.ErrUnavailable, "something else"},
		"returns another":     {func(f *fakeRing) { f.altered = func(i kr.Item) kr.Item { i.Key = "x"; return i } }, keyring.ErrUnavailable, "inside the entry"},
		"says it is locked":   {func(f *fakeRing) { f.set = fails(lockedError()) }, keyring.ErrLocked, "unlock it"},
		"locked after canary": {func(f *fakeRing) { f.set = after(1, lockedError()) }, keyring.ErrLocked, "unlock it"},
		"forgets after canary": {
			func(f *fakeRing) { f.get = after(1, kr.ErrKeyNotFound) }, keyring.ErrUnavailable, "does not return it",
		},
		"alters after canary": {
			func(f *fakeRing) {
				n := 0
				f.altered = func(i kr.Item) kr.Item {
					n++
					if n > 1 {
						i.Data = i.Data[:20]
					}
					return i
				}
			}, keyring.ErrUnavailable, "something else",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ring := newFakeRing()
			cfg := fakeConfig(t.TempDir(), ring)
			c.spoil(ring)
			wantOpenError(t, cfg, c.kind, c.phrase)
			for _, r := range keyring.Diagnose(t.Context(), cfg) {
				if r.Backend == "keychain" && !strings.Contains(name, "after") && (r.Usable || r.Err == nil || r.Fix == "" || !r.Selected) {
					t.Errorf("Diagnose: %+v", r)
				}
			}
			ring.open, ring.get, ring.set, ring.remove, ring.altered = nil, nil, nil, nil, nil
			s := open(t, cfg)
			put(t, s, "default", "value")
			wantValue(t, open(t, cfg), "default", "value")
		})
	}
}

func after(n int, err error) func() error {
	var mu sync.Mutex
	return func() error {
		mu.Lock()
		defer mu.Unlock()
		n--
		if n < 0 {
			return err
		}
		return nil
	}
}

// lockedError is the error of this platform's keyring when it is locked.
func lockedError() error {
	return errors.New("Cannot get secret of a locked object; or -25308: user interaction is not allowed")
}

// A keyring may misbehave when there is a session already. That never makes the session absent,
// replaces the key, or changes a file.
func TestBadMannersLater(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*fakeRing)
		kind  error
	}{
		"locked reported as not found": {func(f *fakeRing) { f.get = fails(kr.ErrKeyNotFound) }, storage.ErrKeyMissing},
		"locked":                       {func(f *fakeRing) { f.get = fails(lockedError()) }, keyring.ErrLocked},
		"no such file":                 {func(f *fakeRing) { f.get = fails(&fs.PathError{Op: "fork/exec", Path: "pass", Err: fs.ErrNotExist}) }, keyring.ErrUnavailable},
		"not available":                {func(f *fakeRing) { f.open = fails(kr.ErrNoAvailImpl) }, keyring.ErrUnavailable},
		"another key": {func(f *fakeRing) {
			f.altered = func(i kr.Item) kr.Item { i.Data = []byte(strings.Repeat("A", 43)); return i }
		}, storage.ErrCorrupt},
		"empty": {func(f *fakeRing) { f.altered = func(i kr.Item) kr.Item { i.Data = nil; return i } }, storage.ErrCorrupt},
		"panic": {func(f *fakeRing) { f.open = explode }, keyring.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ring := newFakeRing()
			cfg := fakeConfig(t.TempDir(), ring)
			running := open(t, cfg)
			put(t, running, "default", "value")
			before := snapshot(t, cfg.Dir)
			c.spoil(ring)
			wantOpenError(t, cfg, c.kind, "")
			// A running call continues.
			wantValue(t, running, "default", "value")
			if !equal(before, snapshot(t, cfg.Dir)) || ring.size() != 1 {
				t.Errorf("files or entries changed: %v -> %v, %d entries", before, snapshot(t, cfg.Dir), ring.size())
			}
			put(t, running, "default", "value 2")
			ring.open, ring.get, ring.altered = nil, nil, nil
			wantValue(t, open(t, cfg), "default", "value 2")
		})
	}
}

// The Windows Credential Manager takes 2560 bytes, but values may have any size.
func TestSmallItemsOnly(t *testing.T) {
	t.Parallel()
	ring := newFakeRing()
	var largest int
	ring.altered = func(i kr.Item) kr.Item { largest = max(largest, len(i.Data)); return i }
	s := open(t, fakeConfig(t.TempDir(), ring))
	big := strings.Repeat("x", 1<<20)
	put(t, s, "default", big)
	wantValue(t, s, "default", big)
	if largest == 0 || largest > 2560 {
		t.Errorf("an entry of %d bytes", largest)
	}
}

// A call that never returns costs the time limit and one goroutine, however often it is repeated.
func TestHangingKeyring(t *testing.T) {
	t.Parallel()
	ring := newFakeRing()
	cfg := fakeConfig(t.TempDir(), ring)
	put(t, open(t, cfg), "default", "value")
	ring.get = hang
	cfg.Timeout = 50 * time.Millisecond
	before := ring.count("get")
	wantOpenError(t, cfg, keyring.ErrUnavailable, "no response in time (50ms)")

	fresh := fakeConfig(t.TempDir(), ring)
	fresh.Timeout = 50 * time.Millisecond
	for _, r := range keyring.Diagnose(t.Context(), fresh) {
		if r.Backend == "keychain" && (r.Usable || !strings.Contains(r.Err.Error(), "in time") && !errors.Is(r.Err, context.DeadlineExceeded)) {
			t.Errorf("Diagnose: %+v", r)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	cfg.Timeout = time.Hour
	if _, err := keyring.Open(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open with a context that ends: %v", err)
	}
	if n := ring.count("get") - before; n > 8 { // one per backend that Diagnose tries, two Opens
		t.Errorf("%d calls hang", n)
	}
}

// Every way in which a backend reports that there is nothing to remove counts as success.
func TestRemovingWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, err := range []error{kr.ErrKeyNotFound, os.ErrNotExist, &fs.PathError{Err: fs.ErrNotExist}, nil} {
		ring := newFakeRing()
		s := open(t, fakeConfig(t.TempDir(), ring))
		put(t, s, "default", "value")
		ring.remove = fails(err)
		if err := s.Purge(t.Context()); err != nil {
			t.Errorf("Purge: %v", err)
		}
	}
	ring := newFakeRing()
	cfg := fakeConfig(t.TempDir(), ring)
	s := open(t, cfg)
	put(t, s, "default", "value")
	ring.remove = fails(lockedError())
	if err := s.Purge(t.Context()); !errors.Is(err, keyring.ErrLocked) || !strings.Contains(err.Error(), "still in the keyring") {
		t.Errorf("Purge of a locked keyring: %v", err)
	}
	if _, err := s.Load(t.Context(), "default"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the value is still there: %v", err)
	}
}

// Another process purges the store and a third one creates a new key, while
// this one still remembers the old key: it must not seal with it.
func TestPurgedByAnother(t *testing.T) {
	t.Parallel()
	ring := newFakeRing()
	cfg := fakeConfig(t.TempDir(), ring)
	a, b := open(t, cfg), open(t, cfg)
	put(t, a, "default", "value 1")
	if err := b.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, open(t, cfg), "other", "value 2")
	put(t, a, "default", "value 3")
	wantValue(t, open(t, cfg), "default", "value 3")
	wantValue(t, a, "other", "value 2")
	if ring.size() != 1 {
		t.Errorf("%d keys", ring.size())
	}
}

func TestSecretsStayOutOfLogs(t *testing.T) {
	t.Parallel()
	ring := newFakeRing()
	s := open(t, fakeConfig(t.TempDir(), ring))
	var key string
	for _, item := range ring.items {
		key = string(item.Data)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if out := fmt.Sprintf(format, s); strings.Contains(out, key) || len(out) > 100 {
			t.Errorf("%s: %s", format, out)
		}
	}
}
