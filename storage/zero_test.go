package storage_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// The zero value of each exported type is usable or says that it is not, and
// touches nothing.
func TestZeroValues(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := storage.OpenSealed(storage.SealedConfig{}); err == nil || !strings.Contains(err.Error(), "Dir is empty") {
		t.Errorf("SealedConfig: %v", err)
	}
	var sealed storage.Sealed
	ctx := t.Context()
	_, err := sealed.Load(ctx, "x")
	for what, err := range map[string]error{
		"Load":      err,
		"Update":    sealed.Update(ctx, "x", returning("value")),
		"Replace":   sealed.Replace(ctx, "x", returning("value")),
		"Remove":    sealed.Remove(ctx, "x"),
		"Purge":     sealed.Purge(ctx, nil),
		"Unlock":    sealed.Unlock(ctx),
		"ChangeKey": sealed.ChangeKey(ctx, func(context.Context) error { return nil }),
	} {
		if err == nil || !strings.Contains(err.Error(), "has not been opened") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if keys, failures := list(ctx, &sealed); len(keys) > 0 || len(failures) != 1 {
		t.Errorf("Keys: %q, %v", keys, failures)
	}
	if text := sealed.String(); text == "" {
		t.Error("String")
	}
	only := snapshot(t, ".")
	if only != "" {
		t.Errorf("files: %s", only)
	}
	var memory storage.Memory
	put(t, &memory, "x", "value")
	wantValue(t, &memory, "x", "value")
	wantKeys(t, &memory, "x")
}
