package storage_test

import (
	"context"
	"fmt"

	"github.com/chatelaine-go/chatelaine/storage"
)

// Values in a shared database, encrypted with a key from a secret manager, and
// then with a new one.
func ExampleSeal() {
	ctx := context.Background()
	database := storage.NewMemory() // or a store of package sqlstore, redis, nats
	oldKey, newKey := []byte("32 bytes of a key from a manager"), []byte("32 bytes of the key of next year")
	open := func(keys storage.KeySet) storage.Store {
		store, err := storage.Seal(database, storage.SealConfig{Service: "myprogram", Keys: keys})
		if err != nil {
			fmt.Println(err)
		}
		return store
	}
	store := open(storage.StaticKeys(oldKey))
	err := store.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) { return []byte("session"), nil })
	fmt.Println(err)

	store = open(storage.StaticKeys(newKey, oldKey))
	resealed, err := storage.Sweep(ctx, store)
	fmt.Println(resealed, err)

	store = open(storage.StaticKeys(newKey))
	value, err := store.Load(ctx, "default")
	fmt.Printf("%s %v\n", value, err)
	// Output:
	// <nil>
	// 1 <nil>
	// session <nil>
}

// A data key that a key management service has wrapped is unwrapped once.
func ExampleUnwrapKeys() {
	unwrap := func(_ context.Context, wrapped []byte) ([]byte, error) { // a call of the service
		fmt.Printf("unwrap %s\n", wrapped)
		return []byte("32 bytes that the wrapper holds."), nil
	}
	keys := storage.UnwrapKeys(unwrap, []byte("wrapped key"))
	for range 2 {
		_, err := keys(context.Background())
		fmt.Println(err)
	}
	// Output:
	// unwrap wrapped key
	// <nil>
	// <nil>
}
