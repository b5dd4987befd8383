package keyring_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// TestGoldenStore opens a directory that was written once, by version 1 of
// every format in it, and is never written again. Every later 1.x version has
// to read it.
func TestGoldenStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "v1"))); err != nil {
		t.Fatal(err)
	}
	s := open(t, keyring.Config{Service: "demo", Dir: dir, Passphrase: passphrase("correct horse battery staple")})
	if s.Backend() != "file" {
		t.Errorf("Backend() = %q", s.Backend())
	}
	wantValue(t, s, "default", `{"access_token":"a","refresh_token":"r"}`)
	wantValue(t, s, "ключ/🔑", "\x00\xff\r\n")
	put(t, s, "default", "new")
	wantValue(t, s, "default", "new")
}
