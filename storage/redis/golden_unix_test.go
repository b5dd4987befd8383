//go:build unix

package redis_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/lease"
	"github.com/chatelaine-go/chatelaine/storage/redis"
)

// TestGolden reads and changes what the first version wrote. The file is never rewritten.
func TestGolden(t *testing.T) {
	golden, err := os.ReadFile("testdata/v1.redis")
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, server(t))
	for line := range strings.Lines(string(golden)) {
		var command []any
		for word := range strings.FieldsSeq(line) {
			command = append(command, word)
		}
		if err := c.Do(t.Context(), command...).Err(); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	s := open(t, redis.Config{Client: c, Prefix: "golden"})
	for key, want := range map[string]string{"saved": "saved", "held": "held", "deleted": ""} {
		if got, err := s.Load(t.Context(), key); string(got) != want || err != nil && want != "" {
			t.Errorf("Load(%q) = %q, %v; want %q", key, got, err, want)
		}
	}
	err = s.Update(t.Context(), "held", func(ctx context.Context, old []byte) ([]byte, error) {
		if string(old) != "held" || !lease.Interrupted(ctx) {
			t.Errorf("the callback got %q, interrupted: %t", old, lease.Interrupted(ctx))
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
	slices.Sort(keys)
	if !slices.Equal(keys, []string{"held", "saved"}) {
		t.Errorf("Keys = %q", keys)
	}
}
