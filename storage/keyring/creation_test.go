package keyring_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// pending makes the store look as if its creation had been interrupted before the key was read
// back. It holds no value.
func pending(t *testing.T, cfg keyring.Config) (item string) {
	t.Helper()
	open(t, cfg)
	path := only(t, cfg.Dir, "*.keyring")
	line, _, _ := bytes.Cut(read(t, path), []byte("\n"))
	line = bytes.Replace(line, []byte(`"ready":true`), []byte(`"ready":false`), 1)
	write(t, path, fmt.Sprintf("%s\n%s\n", line, keyring.Checksum(line)))
	return only(t, cfg.Dir, "keys/*")
}

// An Open after one that was interrupted starts over, whatever was left behind, and cleans up.
func TestCreationCutOff(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(item string) error{
		"before the key": os.Remove,
		"key empty":      func(item string) error { return os.Truncate(item, 0) },
		"key half":       func(item string) error { return os.Truncate(item, 300) },
		"key complete":   func(string) error { return nil },
	} {
		cfg := fileConfig(t.TempDir())
		if err := leave(pending(t, cfg)); err != nil {
			t.Fatal(err)
		}
		litter := write(t, filepath.Join(cfg.Dir, "chatelaine-test.keyring.tmp-X"), "{")
		past := time.Now().Add(-time.Hour)
		if err := os.Chtimes(litter, past, past); err != nil {
			t.Fatal(err)
		}
		// Even the passphrase may differ: nothing is lost.
		cfg.Passphrase = passphrase("another one")
		s := open(t, cfg)
		put(t, s, "default", "value")
		wantValue(t, open(t, cfg), "default", "value")
		only(t, cfg.Dir, "keys/*") // the key of the first attempt is gone
		if left, _ := filepath.Glob(filepath.Join(cfg.Dir, "*.tmp-*")); len(left) > 0 {
			t.Errorf("%s: left behind: %q", name, left)
		}
	}
}
