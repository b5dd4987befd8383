package keyring_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// only returns the one file in dir that matches pattern.
func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) != 1 {
		t.Fatalf("%s: %q, %v; want one", pattern, paths, err)
	}
	return paths[0]
}

// wantRefused puts content in place of the file at path and checks that Open
// fails with one of kinds, changes nothing, and works when it is put back.
func wantRefused(t *testing.T, cfg keyring.Config, path string, content []byte, kinds ...error) {
	t.Helper()
	original := read(t, path)
	write(t, path, string(content))
	before := snapshot(t, cfg.Dir)
	_, err := keyring.Open(t.Context(), cfg)
	known := false
	for _, kind := range kinds {
		known = known || errors.Is(err, kind)
	}
	if !known || errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%.60q: Open: %v; want one of %v", content, err, kinds)
	}
	if !equal(before, snapshot(t, cfg.Dir)) {
		t.Fatalf("%.60q: files changed", content)
	}
	write(t, path, string(original))
}

func TestTamperedChoice(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", "value")
	path := only(t, cfg.Dir, "*.keyring")
	choice := read(t, path)
	for i := range choice {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			flipped := bytes.Clone(choice)
			flipped[i] ^= flip
			wantRefused(t, cfg, path, flipped, storage.ErrCorrupt, storage.ErrTooNew)
		}
		wantRefused(t, cfg, path, choice[:i], storage.ErrCorrupt)
	}
	wantRefused(t, cfg, path, append(bytes.Clone(choice), '\n'), storage.ErrCorrupt)
	wantRefused(t, cfg, path, []byte(`{"version":3,"kind":"not known yet"}`), storage.ErrTooNew)
	wantRefused(t, cfg, path, make([]byte, 1<<20), storage.ErrCorrupt)
	wantValue(t, open(t, cfg), "default", "value")

	// Without the file, the place of the key is not known, but the value is not reported as absent.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, cfg, storage.ErrKeyMissing, "purge the store")
	if err := keyring.Purge(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	put(t, open(t, cfg), "default", "value 2")
}

// The manifest of another service is refused, though both are in one directory.
func TestSwappedChoice(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", "value")
	other := cfg
	other.Service = "another"
	put(t, open(t, other), "default", "value")
	mine := read(t, filepath.Join(cfg.Dir, "chatelaine-test.keyring"))
	wantRefused(t, other, filepath.Join(cfg.Dir, "another.keyring"), mine, storage.ErrCorrupt)
	wantValue(t, open(t, other), "default", "value")
}

func TestTamperedItem(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", "value")
	path := only(t, cfg.Dir, "keys/*")
	item := read(t, path)
	for i := range item {
		flipped := bytes.Clone(item)
		flipped[i] ^= 0xff
		wantRefused(t, cfg, path, flipped, storage.ErrCorrupt)
		wantRefused(t, cfg, path, item[:i], storage.ErrCorrupt)
	}
	wantRefused(t, cfg, path, make([]byte, 1<<20), storage.ErrCorrupt)
	wantValue(t, open(t, cfg), "default", "value")

	if err := os.Rename(path, path+"-gone"); err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, cfg, storage.ErrKeyMissing, "")
	if err := os.Symlink(path+"-gone", path); err != nil {
		t.Skip(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Skip("no symbolic links here") // wine reports success and makes none
	}
	wantOpenError(t, cfg, storage.ErrCorrupt, "")
}

// The entry of another store, encrypted with the same passphrase, is not the
// key, nor is an entry under another name.
func TestSwappedItem(t *testing.T) {
	t.Parallel()
	a, b := fileConfig(t.TempDir()), fileConfig(t.TempDir())
	put(t, open(t, a), "default", "a")
	put(t, open(t, b), "default", "b")
	wantRefused(t, b, only(t, b.Dir, "keys/*"), read(t, only(t, a.Dir, "keys/*")), storage.ErrCorrupt)
	wantValue(t, open(t, b), "default", "b")
}

// An entry that asks for an absurd amount of work is refused by its header, and
// so are algorithms that the backend does not write.
func TestAbsurdItem(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", "value")
	path := only(t, cfg.Dir, "keys/*")
	_, rest, _ := strings.Cut(string(read(t, path)), ".")
	for header, phrase := range map[string]string{
		`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":100001,"p2s":"AAAA"}`:           "absurd work factor",
		`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":1e300,"p2s":"AAAA"}`:            "absurd work factor",
		`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":-1,"p2s":"AAAA"}`:               "absurd work factor",
		`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2s":"AAAA"}`:                        "absurd work factor",
		`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":8192,"p2s":"AAAA","zip":"DEF"}`: "unexpected algorithm",
		`{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2c":8192,"p2s":"AAAA"}`:             "unexpected algorithm",
		`{"alg":"dir","enc":"A256GCM"}`:                                                    "unexpected algorithm",
		`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":"8192","p2s":"AAAA"}`:           "absurd work factor",
		`[]`: "unreadable header",
	} {
		crafted := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + rest
		wantRefused(t, cfg, path, []byte(crafted), storage.ErrCorrupt)
		original := read(t, path)
		write(t, path, crafted)
		wantOpenError(t, cfg, storage.ErrCorrupt, phrase)
		write(t, path, string(original))
	}
	wantValue(t, open(t, cfg), "default", "value")
}

// A manifest that asks for absurd stretching is refused as well.
func TestAbsurdStretching(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", "value")
	path := only(t, cfg.Dir, "*.keyring")
	line, _, _ := bytes.Cut(read(t, path), []byte("\n"))
	for from, to := range map[string]string{
		`"iterations":2`: `"iterations":2000000000`,
		`pbkdf2-hmac`:    `scrypt`,
		`"salt":"`:       `"salt":"x`,
	} {
		changed := bytes.Replace(line, []byte(from), []byte(to), 1)
		if bytes.Equal(changed, line) {
			t.Fatalf("no %s in %s", from, line)
		}
		wantRefused(t, cfg, path, fmt.Appendf(nil, "%s\n%s\n", changed, keyring.Checksum(changed)), storage.ErrCorrupt)
	}
}
