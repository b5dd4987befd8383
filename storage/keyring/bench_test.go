package keyring_test

import (
	"bytes"
	"context"
	"testing"

	kr "github.com/99designs/keyring"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// BenchmarkSaveAndLoad compares one save and one load of a value with the same operations on the
// encrypted file of 99designs/keyring, which neither syncs nor locks.
func BenchmarkSaveAndLoad(b *testing.B) {
	value := bytes.Repeat([]byte("0123456789abcdef"), 4<<10/16)
	b.Run("store=bare-keyring-file/size=4096", func(b *testing.B) {
		ring, err := kr.Open(kr.Config{
			AllowedBackends:  []kr.BackendType{kr.FileBackend},
			FileDir:          b.TempDir(),
			FilePasswordFunc: passphrase("correct horse battery staple"),
		})
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; b.Loop(); i++ {
			value[0] = byte(i)
			if err := ring.Set(kr.Item{Key: "default", Data: value}); err != nil {
				b.Fatal(err)
			}
			if item, err := ring.Get("default"); err != nil || !bytes.Equal(item.Data, value) {
				b.Fatal(err)
			}
		}
	})
	b.Run("store=chatelaine/size=4096", func(b *testing.B) {
		store, err := keyring.Open(b.Context(), fileConfig(b.TempDir()))
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; b.Loop(); i++ {
			value[0] = byte(i)
			if err := store.Update(b.Context(), "default", func(context.Context, []byte) ([]byte, error) { return value, nil }); err != nil {
				b.Fatal(err)
			}
			if got, err := store.Load(b.Context(), "default"); err != nil || !bytes.Equal(got, value) {
				b.Fatal(err)
			}
		}
	})
	b.Run("store=chatelaine/only=load/size=4096", func(b *testing.B) {
		store, err := keyring.Open(b.Context(), fileConfig(b.TempDir()))
		if err != nil {
			b.Fatal(err)
		}
		if err := store.Update(b.Context(), "default", func(context.Context, []byte) ([]byte, error) { return value, nil }); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := store.Load(b.Context(), "default"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
