package nats_test

import (
	"context"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/nats"
)

// TestGolden reads and changes what the first version wrote: names, and values in hexadecimal. The
// file is never rewritten.
func TestGolden(t *testing.T) {
	golden, err := os.ReadFile("testdata/v1.txt")
	if err != nil {
		t.Fatal(err)
	}
	addr := serve(t)
	js, config := connect(t, addr, "golden")
	bucket, err := nats.OpenBucket(t.Context(), js, config)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(golden)) {
		name, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		value, err := hex.DecodeString(digits)
		if err == nil {
			_, err = bucket.Create(t.Context(), name, value)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	s := open(t, addr, "golden")
	for key, want := range map[string]string{"saved": "value", "deleted": ""} {
		if got, err := s.Load(t.Context(), key); string(got) != want || err != nil && want != "" {
			t.Errorf("Load(%q) = %q, %v; want %q", key, got, err, want)
		}
	}
	err = s.Update(t.Context(), "saved", func(_ context.Context, old []byte) ([]byte, error) {
		if string(old) != "value" {
			t.Errorf("the callback got %q", old)
		}
		return []byte("new"), nil
	})
	if err != nil {
		t.Error(err)
	}
	var keys []string
	for key, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if !slices.Equal(keys, []string{"saved"}) {
		t.Errorf("Keys = %q", keys)
	}
}
