package keyring_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const randomKey = "q1Zx0cU8nB3mWk7RtYpLs2DfGhJvEoAi"

func randomConfig(dir, key string) keyring.Config {
	return keyring.Config{Service: "chatelaine-test", Backend: "file", Dir: dir, Passphrase: passphrase(key), RandomKey: true}
}

// A random key is not stretched, and works like any passphrase otherwise. The
// manifest is of a version that earlier programs refuse.
func TestRandomKey(t *testing.T) {
	t.Parallel()
	cfg := randomConfig(t.TempDir(), randomKey)
	put(t, open(t, cfg), "default", "value")
	manifest := read(t, only(t, cfg.Dir, "*.keyring"))
	if !bytes.Contains(manifest, []byte(`"version":2`)) || !bytes.Contains(manifest, []byte("hkdf-sha256")) || bytes.Contains(manifest, []byte("iterations")) || bytes.Contains(manifest, []byte(randomKey)) {
		t.Errorf("%s", manifest)
	}
	wantValue(t, open(t, cfg), "default", "value")
	// The declaration with which the store was created counts, not the present one.
	undeclared := cfg
	undeclared.RandomKey = false
	wantValue(t, open(t, undeclared), "default", "value")
	wantOpenError(t, randomConfig(cfg.Dir, randomKey+"x"), keyring.ErrWrongPassphrase, "nothing has been changed")
	wantOpenError(t, randomConfig(cfg.Dir, "short"), keyring.ErrWrongPassphrase, "")
}

// A store with a stretched passphrase keeps using it until it is moved.
func TestRandomKeyLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stretched := fileConfig(dir)
	stretched.Passphrase = passphrase(randomKey)
	put(t, open(t, stretched), "default", "value")
	wantValue(t, open(t, randomConfig(dir, randomKey)), "default", "value")
	if err := keyring.Move(t.Context(), stretched, randomConfig(dir, randomKey)); err != nil {
		t.Fatal(err)
	}
	if manifest := read(t, only(t, dir, "*.keyring")); !bytes.Contains(manifest, []byte("hkdf")) {
		t.Errorf("%s", manifest)
	}
	wantValue(t, open(t, stretched), "default", "value")
}

func TestNotARandomKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"swordfish", strings.Repeat("a", 40), "correct horse", strings.Repeat("ab12", 7),
		"00112233445566778899aabbccddeef", // 31 hexadecimal digits: 124 bits
		"AAECAwQFBgcICQoLDA0OD",           // 21 characters of base 64: 126 bits
	} {
		wantOpenError(t, randomConfig(t.TempDir(), key), nil, "random key of at least 128 bits")
	}
	for _, key := range []string{"00112233445566778899aabbccddeeff", "AAECAwQFBgcICQoLDA0ODw", randomKey} {
		open(t, randomConfig(t.TempDir(), key))
	}
}

// The environment is the last resort where nothing else can be passed.
func TestPassphraseEnv(t *testing.T) {
	t.Setenv("CHATELAINE_TEST_PASSPHRASE", "correct horse battery staple")
	cfg := fileConfig(t.TempDir())
	cfg.Passphrase = keyring.PassphraseEnv("CHATELAINE_TEST_PASSPHRASE")
	put(t, open(t, cfg), "default", "value")
	for _, name := range []string{"CHATELAINE_TEST_UNSET", ""} {
		cfg.Passphrase = keyring.PassphraseEnv(name)
		wantOpenError(t, cfg, nil, "environment variable")
	}
}
