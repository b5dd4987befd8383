package keyring_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPassphraseFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "passphrase")
	for content, want := range map[string]string{
		"correct horse\n":         "correct horse",
		"correct horse":           "correct horse",
		"correct horse\r\n":       "correct horse",
		" spaces count \nsecond":  " spaces count ",
		"":                        "",
		"\nsecond":                "",
		strings.Repeat("x", 4096): strings.Repeat("x", 4096),
	} {
		if got, err := keyring.PassphraseFile(write(t, path, content))("?"); err != nil || got != want {
			t.Errorf("%.30q: %.30q, %v", content, got, err)
		}
	}
	for _, content := range []string{strings.Repeat("x", 4097), strings.Repeat("x", 1<<20)} {
		if got, err := keyring.PassphraseFile(write(t, path, content))("?"); err == nil || got != "" || strings.Contains(err.Error(), "xxx") {
			t.Errorf("%d bytes: %.30q, %v", len(content), got, err)
		}
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), t.TempDir()} {
		if got, err := keyring.PassphraseFile(path)("?"); err == nil || got != "" {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

func TestPassphraseFD(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString("correct horse\nmore"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	fd, err := dup(r)
	if err != nil {
		t.Skip(err)
	}
	_ = r.Close()
	read := keyring.PassphraseFD(fd)
	for range 2 {
		if got, err := read("?"); err != nil || got != "correct horse" {
			t.Errorf("%q, %v", got, err)
		}
	}
	for _, fd := range []uintptr{^uintptr(0), 1 << 20} {
		if got, err := keyring.PassphraseFD(fd)("?"); err == nil {
			t.Errorf("%d: %q", fd, got)
		}
	}
}

// The user is asked once, and only if the passphrase is needed.
func TestPassphraseIsAskedOnce(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	var prompts []string
	cfg.Passphrase = func(prompt string) (string, error) {
		prompts = append(prompts, prompt)
		return "correct horse", nil
	}
	s := open(t, cfg)
	put(t, s, "a", "1")
	put(t, s, "b", "2")
	wantValue(t, s, "a", "1")
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "1") // with a new key
	if len(prompts) != 1 || prompts[0] != "New passphrase for the keys of chatelaine-test" {
		t.Errorf("asked %q", prompts)
	}
	wantValue(t, open(t, cfg), "a", "1")
	if len(prompts) != 2 || prompts[1] != "Passphrase for the keys of chatelaine-test" {
		t.Errorf("asked %q", prompts)
	}
}

func TestPassphraseRefused(t *testing.T) {
	t.Parallel()
	failure := errors.New("no terminal")
	for name, c := range map[string]struct {
		source func(string) (string, error)
		kind   error
		phrase string
	}{
		"none":     {nil, keyring.ErrNoPassphrase, "does not ask for it"},
		"empty":    {passphrase(""), keyring.ErrNoPassphrase, "empty"},
		"fails":    {func(string) (string, error) { return "", failure }, failure, "no terminal"},
		"panics":   {func(string) (string, error) { return "", explode() }, nil, "panicked"},
		"not file": {keyring.PassphraseFile("/nonexistent"), nil, "passphrase"},
	} {
		used, fresh := fileConfig(t.TempDir()), fileConfig(t.TempDir())
		put(t, open(t, used), "default", "value")
		for what, cfg := range map[string]keyring.Config{"used": used, "fresh": fresh} {
			before := snapshot(t, cfg.Dir)
			spoiled := cfg
			spoiled.Passphrase = c.source
			s, err := keyring.Open(t.Context(), spoiled)
			if s != nil || err == nil || c.kind != nil && !errors.Is(err, c.kind) || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), c.phrase) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if !equal(before, snapshot(t, cfg.Dir)) {
				t.Errorf("%s, %s: files changed", name, what)
			}
		}
		wantValue(t, open(t, used), "default", "value")
		put(t, open(t, fresh), "default", "value")
	}
}

// A wrong passphrase is not remembered.
func TestPassphraseSecondTry(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", "value")
	tries := atomic.Int32{}
	right := cfg.Passphrase
	cfg.Passphrase = func(prompt string) (string, error) {
		if tries.Add(1) == 1 {
			return "tr0ub4dor", nil
		}
		return right(prompt)
	}
	if _, err := keyring.Open(t.Context(), cfg); !errors.Is(err, keyring.ErrWrongPassphrase) || strings.Contains(err.Error(), "tr0ub4dor") {
		t.Errorf("first try: %v", err)
	}
	wantValue(t, open(t, cfg), "default", "value")
}

// While the user thinks about the passphrase, only the Open that asked waits, and no longer than
// its context.
func TestPassphraseIsSlow(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	slow := cfg
	asked := make(chan struct{})
	answer := make(chan struct{})
	defer close(answer)
	slow.Passphrase = func(string) (string, error) {
		close(asked)
		<-answer
		return "late", nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := keyring.Open(ctx, slow)
		done <- err
	}()
	<-asked
	ready, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	s, err := keyring.Open(ready, cfg)
	if err != nil {
		t.Fatalf("Open while another one asks: %v", err)
	}
	put(t, s, "default", "value")
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Open: %v", err)
		}
	case <-time.After(patience):
		t.Error("Open does not end with its context")
	}
}

// A prompt that is interrupted restores the terminal before the program continues, because the
// program may end then.
func TestPassphraseGoesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cfg := fileConfig(dir)
		var back atomic.Bool
		cfg.Passphrase = func(string) (string, error) {
			cancel()
			<-time.After(100 * time.Millisecond)
			back.Store(true)
			return "", context.Canceled
		}
		if _, err := keyring.Open(ctx, cfg); !errors.Is(err, context.Canceled) || !back.Load() {
			t.Errorf("Open: %v; the prompt has ended: %v", err, back.Load())
		}
	})
}

// TestPassphraseOnce asks once for all stores of a process, and again only after a failure.
func TestPassphraseOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	once := keyring.PassphraseOnce(func(string) (string, error) {
		asked++
		if asked == 1 {
			return "", errors.New("no terminal")
		}
		return "correct horse battery staple", nil
	})
	if _, err := once("p"); err == nil {
		t.Error("the failure is lost")
	}
	for range 2 {
		cfg := fileConfig(t.TempDir())
		cfg.Passphrase = once
		store, err := keyring.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}
