package keyring_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// TestGoldenStore opens directories that were written once, and are never written again, by each
// version of the formats in them. Every later version has to read them. In v1 everything is of
// version 1; in v2 the sealed files and the manifest are of version 2, which a random key needs.
func TestGoldenStore(t *testing.T) {
	t.Parallel()
	for version, secret := range map[string]string{"v1": "correct horse battery staple", "v2": randomKey} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", version))); err != nil {
				t.Fatal(err)
			}
			s := open(t, keyring.Config{Service: "demo", Dir: dir, Passphrase: passphrase(secret)})
			if s.Backend() != "file" {
				t.Errorf("Backend() = %q", s.Backend())
			}
			wantValue(t, s, "default", `{"access_token":"a","refresh_token":"r"}`)
			wantValue(t, s, "ключ/🔑", "\x00\xff\r\n")
			put(t, s, "default", "new")
			wantValue(t, s, "default", "new")
		})
	}
}
