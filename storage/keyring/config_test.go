package keyring_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := keyring.Open(t.Context(), keyring.Config{Service: "a/b", Backend: "plaintext", Timeout: -time.Second})
	for _, field := range []string{"Config.Service", "Config.Backend", `"plaintext"`, "secret-service", "Config.Timeout"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v: does not name %s", err, field)
		}
	}
	if _, err := keyring.Open(t.Context(), keyring.Config{}); err == nil || !strings.Contains(err.Error(), "Config.Service") {
		t.Errorf("the zero config: %v", err)
	}
	if err := keyring.Purge(t.Context(), keyring.Config{}); err == nil {
		t.Error("Purge took the zero config")
	}
	for _, r := range keyring.Diagnose(t.Context(), keyring.Config{}) {
		if r.Usable || r.Err == nil {
			t.Errorf("%+v", r)
		}
	}
}

func TestDefaultDir(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("follows the XDG base directory specification elsewhere")
	}
	home, state := t.TempDir(), t.TempDir()
	for _, c := range []struct {
		env  []string
		want string
	}{
		{[]string{"HOME=" + home, "XDG_STATE_HOME=" + state}, state},
		{[]string{"HOME=" + home, "XDG_STATE_HOME="}, filepath.Join(home, ".local", "state")},
		{[]string{"HOME=" + home, "XDG_STATE_HOME=relative/path"}, filepath.Join(home, ".local", "state")},
	} {
		wantSaid(t, output(t, c.env, "put", "file", "", "value"), "done")
		dir := filepath.Join(c.want, "chatelaine-test")
		only(t, dir, "*.sealed")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	wantSaid(t, output(t, []string{"HOME=", "XDG_STATE_HOME="}, "put", "file", "", "value"), "error: keyring: there is no directory for the keys")
}

// Naming a backend that the platform does not have is an error that says so. No other backend takes
// its place.
func TestForeignBackend(t *testing.T) {
	t.Parallel()
	for _, backend := range []string{"keychain", "wincred", "kwallet", "secret-service"} {
		if platform := map[string]string{"keychain": "darwin", "wincred": "windows", "kwallet": "linux", "secret-service": "linux"}[backend]; platform == runtime.GOOS && platform != "linux" {
			continue
		}
		cfg := fileConfig(t.TempDir())
		cfg.Backend = backend
		_, err := keyring.Open(t.Context(), cfg)
		if err == nil {
			continue // a desktop, with a keyring that works
		}
		if !errors.Is(err, keyring.ErrUnavailable) && !errors.Is(err, keyring.ErrLocked) || !strings.Contains(err.Error(), backend) {
			t.Errorf("%s: %v", backend, err)
		}
	}
}

func TestNoNativeKeyring(t *testing.T) {
	t.Parallel()
	cfg := keyring.Faked(keyring.Config{Service: "chatelaine-test", Dir: t.TempDir()}, "freebsd", newFakeRing().Open)
	wantOpenError(t, cfg, keyring.ErrUnavailable, `choose the backend "file"`)
}

func TestNativeKeyring(t *testing.T) {
	t.Parallel()
	for platform, want := range map[string]string{"linux": "secret-service", "darwin": "keychain", "windows": "wincred"} {
		ring := newFakeRing()
		cfg := keyring.Faked(keyring.Config{Service: "chatelaine-test", Dir: t.TempDir()}, platform, ring.Open)
		if got := open(t, cfg).Backend(); got != want {
			t.Errorf("%s: %q, want %q", platform, got, want)
		}
		// What Dir remembers counts, not the platform.
		if got := open(t, keyring.Faked(cfg, "freebsd", ring.Open)).Backend(); got != want {
			t.Errorf("%s, moved to another platform: %q, want %q", platform, got, want)
		}
	}
}

// The key stays in its backend until the store is purged. Only the configuration is wrong, so no
// message advises to purge the store.
func TestChangingTheBackend(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ring := newFakeRing()
	first := fakeConfig(dir, ring)
	second := fileConfig(dir)
	s := open(t, first)
	put(t, s, "default", "value")
	wantOpenError(t, second, keyring.ErrOtherBackend, `held by the backend "keychain"`)
	_, err := keyring.Open(t.Context(), second)
	var typed *keyring.Error
	if !errors.As(err, &typed) || typed.Backend != "file" || typed.Holder != "keychain" || errors.Is(err, storage.ErrKeyMissing) || strings.Contains(err.Error(), "purge") {
		t.Errorf("Open: %+v", err)
	}
	put(t, s, "default", "value 2")
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	changed := open(t, second)
	if changed.Backend() != "file" {
		t.Errorf("Backend() = %q", changed.Backend())
	}
	put(t, changed, "default", "value 3")
	second.Backend = ""
	wantValue(t, open(t, second), "default", "value 3")
}

func TestClosedStore(t *testing.T) {
	t.Parallel()
	s := open(t, fileConfig(t.TempDir()))
	put(t, s, "default", "value")
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Load(t.Context(), "default"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Load: %v", err)
	}
	if err := s.Update(t.Context(), "default", nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Update: %v", err)
	}
}

// A program that closes its store and ends does not lose the value of an Update under way. An
// Update whose callback was not called yet changes nothing.
func TestCloseWaitsForUpdates(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	s := open(t, cfg)
	put(t, s, "default", "old")
	called, release := make(chan struct{}), make(chan struct{})
	updated, waiting, closed := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() {
		updated <- s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
			close(called)
			<-release
			return []byte("new"), nil
		})
	}()
	<-called
	go func() {
		waiting <- s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
			t.Error("called after Close")
			return nil, nil
		})
	}()
	go func() { closed <- s.Close() }()
	for s.Update(t.Context(), "other", func(context.Context, []byte) ([]byte, error) { return nil, nil }) == nil {
		runtime.Gosched() // until Close has begun
	}
	select {
	case err := <-closed:
		t.Fatalf("Close did not wait: %v", err)
	default:
	}
	close(release)
	if err := <-updated; err != nil {
		t.Error(err)
	}
	if err := <-waiting; !errors.Is(err, os.ErrClosed) {
		t.Errorf("an Update that waited for its lock: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	wantValue(t, open(t, cfg), "default", "new") // as the next process finds it
}

func TestDiagnoseNeedsNoPassphrase(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", "value")
	reports := func() map[string]keyring.Report {
		byName := make(map[string]keyring.Report)
		for _, r := range keyring.Diagnose(t.Context(), cfg) {
			byName[r.Backend] = r
		}
		return byName
	}
	cfg.Passphrase = func(string) (string, error) {
		t.Error("asked for the passphrase")
		return "", nil
	}
	before := snapshot(t, cfg.Dir)
	if r := reports()["file"]; !r.Usable || !r.Selected || r.Err != nil || r.Fix != "" {
		t.Errorf("%+v", r)
	}
	if !equal(before, snapshot(t, cfg.Dir)) {
		t.Error("files changed")
	}
	if err := os.Remove(only(t, cfg.Dir, "keys/*")); err != nil {
		t.Fatal(err)
	}
	if r := reports()["file"]; r.Usable || !errors.Is(r.Err, storage.ErrKeyMissing) || !strings.Contains(r.Fix, "sign in again") {
		t.Errorf("key deleted: %+v", r)
	}
	write(t, filepath.Join(cfg.Dir, "chatelaine-test.keyring"), "garbage")
	cfg.Backend = "file"
	if r := reports()["file"]; r.Usable || !errors.Is(r.Err, storage.ErrCorrupt) {
		t.Errorf("choice damaged: %+v", r)
	}
	cfg.Passphrase = nil
	if r := reports()["file"]; r.Usable || !errors.Is(r.Err, keyring.ErrNoPassphrase) || !strings.Contains(r.Fix, "passphrase") {
		t.Errorf("no passphrase: %+v", r)
	}
}
