package keyring_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// FuzzItemHeader checks that an entry is accepted only if its header asks for a bounded amount of
// work.
func FuzzItemHeader(f *testing.F) {
	seeds := []string{
		`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":8192,"p2s":"AAAA"}`,
		`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":100001,"p2s":"AAAA"}`,
		`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":1e5,"P2C":1e9}`,
		`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":1e9,"P2C":1}`,
		`{"alg":"none"}`, `{}`, ``, `[`,
	}
	accepted := 0
	for _, s := range seeds {
		jwe := base64.RawURLEncoding.EncodeToString([]byte(s)) + ".a.b.c.d"
		if keyring.CheckHeader(jwe) == nil {
			accepted++
		}
		f.Add(jwe)
	}
	if accepted == 0 {
		f.Fatal("no seed is a good header")
	}
	f.Fuzz(func(t *testing.T, jwe string) {
		if keyring.CheckHeader(jwe) != nil {
			return
		}
		head, _, _ := strings.Cut(jwe, ".")
		raw, err := base64.RawURLEncoding.DecodeString(head)
		if err != nil {
			t.Fatalf("accepted: %q", jwe)
		}
		// As the library reads it: into a map, by the exact name.
		var header map[string]any
		if err := json.Unmarshal(raw, &header); err != nil {
			t.Fatalf("accepted: %s", raw)
		}
		if work, ok := header["p2c"].(float64); ok && work > 100_000 {
			t.Fatalf("accepted: %s", raw)
		}
	})
}
