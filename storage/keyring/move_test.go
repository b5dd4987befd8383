package keyring_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// The key goes to another backend, and the values stay.
func TestMove(t *testing.T) {
	t.Parallel()
	dir, ring := t.TempDir(), newFakeRing()
	desktop, file := fakeConfig(dir, ring), fileConfig(dir)
	running := open(t, desktop)
	put(t, running, "alice", "session of alice")
	put(t, running, "bob", "session of bob")
	if err := keyring.Move(t.Context(), desktop, file); err != nil {
		t.Fatal(err)
	}
	if ring.size() != 0 {
		t.Errorf("%d entries left in the old keyring", ring.size())
	}
	wantValue(t, open(t, file), "alice", "session of alice")
	// A program that runs meanwhile has the key.
	wantValue(t, running, "bob", "session of bob")
	put(t, running, "bob", "session 2 of bob")
	wantValue(t, open(t, file), "bob", "session 2 of bob")

	// And back, with the configuration of a program that names none.
	unnamed := file
	unnamed.Backend = ""
	desktop.Backend = "keychain"
	if err := keyring.Move(t.Context(), unnamed, desktop); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "keys", "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	wantValue(t, open(t, desktop), "bob", "session 2 of bob")
	wantOpenError(t, file, keyring.ErrOtherBackend, `held by the backend "keychain"`)
}

// Moving to the same backend changes the passphrase.
func TestMoveToAnotherPassphrase(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", "value")
	next := cfg
	next.Passphrase = passphrase("another one")
	if err := keyring.Move(t.Context(), cfg, next); err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, cfg, keyring.ErrWrongPassphrase, "nothing has been changed")
	wantValue(t, open(t, next), "default", "value")
	only(t, cfg.Dir, "keys/*")
}

// Whatever goes wrong, the store opens as before.
func TestMoveFails(t *testing.T) {
	t.Parallel()
	failure := errors.New("D-Bus is out")
	for name, c := range map[string]struct {
		spoil func(*fakeRing)
		to    func(*keyring.Config)
		want  string
	}{
		"set fails":        {spoil: func(f *fakeRing) { f.set = fails(failure) }, want: "D-Bus is out"},
		"set forgets":      {spoil: func(f *fakeRing) { f.set = fails(errForgets) }, want: "does not return it"},
		"get fails":        {spoil: func(f *fakeRing) { f.get = fails(failure) }, want: "D-Bus is out"},
		"another service":  {to: func(c *keyring.Config) { c.Service = "other" }, want: "must be the same"},
		"another dir":      {to: func(c *keyring.Config) { c.Dir = filepath.Join(c.Dir, "other") }, want: "must be the same"},
		"no backend":       {to: func(c *keyring.Config) { c.Backend = "" }, want: "names no backend"},
		"unknown backend":  {to: func(c *keyring.Config) { c.Backend = "plaintext" }, want: "unknown backend"},
		"wrong passphrase": {to: func(*keyring.Config) {}, want: "wrong passphrase"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ring := newFakeRing()
			from := fileConfig(t.TempDir())
			put(t, open(t, from), "default", "value")
			to := fakeConfig(from.Dir, ring)
			to.Backend = "keychain"
			if c.spoil != nil {
				c.spoil(ring)
			}
			if c.to != nil {
				c.to(&to)
			}
			source := from
			if name == "wrong passphrase" {
				source.Passphrase = passphrase("wrong")
			}
			if err := keyring.Move(t.Context(), source, to); err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Move: %v; want %q", err, c.want)
			}
			if c.spoil != nil && ring.set == nil && ring.size() != 0 {
				t.Errorf("%d entries left", ring.size())
			}
			wantValue(t, open(t, from), "default", "value")
		})
	}
}

// The new place is in force even if the old entry cannot be removed.
func TestMoveLeavesTheOldEntry(t *testing.T) {
	t.Parallel()
	dir, ring := t.TempDir(), newFakeRing()
	from, to := fakeConfig(dir, ring), fileConfig(dir)
	put(t, open(t, from), "default", "value")
	ring.remove = fails(errors.New("denied"))
	if err := keyring.Move(t.Context(), from, to); err == nil || !strings.Contains(err.Error(), "could not be removed") {
		t.Errorf("Move: %v", err)
	}
	wantValue(t, open(t, to), "default", "value")
}

// Without a key there is nothing to move, and nothing is created.
func TestMoveNothing(t *testing.T) {
	t.Parallel()
	dir, ring := t.TempDir(), newFakeRing()
	if err := keyring.Move(t.Context(), fakeConfig(dir, ring), fileConfig(dir)); err != nil {
		t.Fatal(err)
	}
	if ring.size() != 0 {
		t.Error("a key was created")
	}
	put(t, open(t, fileConfig(dir)), "default", "value")
}

// While an Update runs, the key stays where it is.
func TestMoveWaits(t *testing.T) {
	t.Parallel()
	dir, ring := t.TempDir(), newFakeRing()
	from, to := fakeConfig(dir, ring), fileConfig(dir)
	s := open(t, from)
	err := s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
		if err := keyring.Move(briefly(t), from, to); !errors.Is(err, storage.ErrBusy) {
			t.Errorf("Move during an Update: %v", err)
		}
		return []byte("value"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantValue(t, open(t, from), "default", "value")
}

// The first backend of the list that works gets the key, and keeps it.
func TestBackends(t *testing.T) {
	t.Parallel()
	list := []string{"secret-service", "pass", "file"}
	for name, c := range map[string]struct {
		broken map[string]bool
		want   string
	}{
		"all work":   {nil, "secret-service"},
		"no desktop": {map[string]bool{"secret-service": true}, "pass"},
		"only file":  {map[string]bool{"secret-service": true, "pass": true}, "file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, broken := listConfig(t, list)
			broken.set(c.broken)
			s := open(t, cfg)
			put(t, s, "default", "value")
			if s.Backend() != c.want {
				t.Errorf("Backend() = %q, want %q", s.Backend(), c.want)
			}
			// From now on the others are not tried, whatever works.
			broken.set(nil)
			wantValue(t, open(t, cfg), "default", "value")
			if again := open(t, cfg); again.Backend() != c.want {
				t.Errorf("then Backend() = %q, want %q", again.Backend(), c.want)
			}
			if c.want != "file" {
				broken.set(map[string]bool{c.want: true})
				wantOpenError(t, cfg, keyring.ErrUnavailable, "move the key")
				broken.set(nil)
			}
			cfg.Backends = []string{"keychain", "kwallet"}
			wantOpenError(t, cfg, keyring.ErrOtherBackend, c.want)
		})
	}
	cfg, broken := listConfig(t, list)
	broken.set(map[string]bool{"secret-service": true, "pass": true})
	cfg.Passphrase = nil
	wantOpenError(t, cfg, keyring.ErrNoPassphrase, "secret-service")
}

func TestBackendsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := keyring.Open(t.Context(), keyring.Config{Service: "x", Dir: t.TempDir(), Backend: "file", Backends: []string{"file", "plaintext"}})
	for _, want := range []string{"are both set", `Config.Backends[1]: unknown backend "plaintext"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}
