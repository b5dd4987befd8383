package storage_test

import (
	"context"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

type updateUnless interface {
	UpdateUnless(ctx context.Context, key string, settled func(value []byte) bool, fn func(context.Context, []byte) ([]byte, error)) error
}

// waiting is a store in which every Update has to wait.
type waiting struct{ *storage.Memory }

func (w waiting) UpdateUnless(
	ctx context.Context, key string, settled func([]byte) bool, fn func(context.Context, []byte) ([]byte, error),
) error {
	if value, err := w.Load(ctx, key); err == nil && settled(value) {
		return nil
	}
	return w.Update(ctx, key, fn)
}

// TestSealUpdateUnless: settled is asked about the value in the clear, if the store beneath asks at
// all, and never about one that cannot be opened.
func TestSealUpdateUnless(t *testing.T) {
	t.Parallel()
	inner := storage.NewMemory()
	writer := seal(t, inner, 'a')
	if err := writer.Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) { return []byte("clear"), nil }); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name         string
		store        storage.Store
		asked, calls bool
	}{
		{"settled", seal(t, waiting{inner}, 'a'), true, false},
		{"a store that does not ask", seal(t, inner, 'a'), false, true},
		{"of another key", seal(t, waiting{inner}, 'b'), false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asked, called := false, false
			err := tt.store.(updateUnless).UpdateUnless(t.Context(), "key",
				func(value []byte) bool { asked = true; return string(value) == "clear" },
				func(_ context.Context, old []byte) ([]byte, error) { called = true; return old, nil })
			if asked != tt.asked || called != tt.calls || (err == nil) != (tt.name != "of another key") {
				t.Errorf("UpdateUnless = %v, asked %t, called %t", err, asked, called)
			}
		})
	}
}
