package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

// A value changes only by reading, deciding and writing, under a lock.
func Example() {
	ctx := context.Background()
	var store storage.Store = storage.NewMemory()

	for range 3 {
		err := store.Update(ctx, "visits", func(_ context.Context, old []byte) ([]byte, error) {
			return append(old, '|'), nil
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	visits, err := store.Load(ctx, "visits")
	fmt.Printf("%s %v\n", visits, err)
	// Output: ||| <nil>
}

// Returning nil deletes the value, and returning an error changes nothing.
func ExampleStore() {
	ctx := context.Background()
	store := storage.NewMemory()
	save := func(value []byte, err error) {
		_ = store.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) { return value, err })
		got, err := store.Load(ctx, "default")
		fmt.Printf("%q absent: %t\n", got, errors.Is(err, fs.ErrNotExist))
	}
	save([]byte("session"), nil)
	save([]byte("never"), errors.New("the server did not answer"))
	save(nil, nil)
	// Output:
	// "session" absent: false
	// "session" absent: false
	// "" absent: true
}

// A waiter gives up with its context; nothing has happened then.
func ExampleStore_busy() {
	store := storage.NewMemory()
	_ = store.Update(context.Background(), "default", func(context.Context, []byte) ([]byte, error) {
		hurry, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		err := store.Update(hurry, "default", nil)
		fmt.Println(errors.Is(err, storage.ErrBusy), errors.Is(err, context.DeadlineExceeded))
		return nil, nil
	})
	// Output: true true
}

// With the callback's context, an Update that would wait for itself fails at
// once.
func ExampleStore_nested() {
	store := storage.NewMemory()
	err := store.Update(context.Background(), "default", func(ctx context.Context, _ []byte) ([]byte, error) {
		return nil, store.Update(ctx, "default", nil)
	})
	fmt.Println(errors.Is(err, storage.ErrNested))
	// Output: true
}

// fromEnvironment is a KeySource for a program whose key is handed to it.
type fromEnvironment struct{ key []byte }

func (e fromEnvironment) LoadKey(context.Context) ([]byte, error) {
	return append([]byte(nil), e.key...), nil // the store clears what it gets
}

func (fromEnvironment) CreateKey(context.Context) ([]byte, error) {
	return nil, errors.New("the key comes from outside")
}

// A key that does not come from a keyring.
func ExampleOpenSealed() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()

	ctx := context.Background()
	key := fromEnvironment{key: []byte("32 bytes that a secret store has")}
	for _, step := range []string{"write", "read"} { // as two programs would
		store, err := storage.OpenSealed(storage.SealedConfig{Dir: dir, Service: "demo", Key: key})
		if err != nil {
			fmt.Println(err)
			return
		}
		if step == "write" {
			err = store.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) { return []byte("session"), nil })
			fmt.Println(err)
			continue
		}
		value, err := store.Load(ctx, "default")
		fmt.Printf("%s %v\n", value, err)
	}
	// Output:
	// <nil>
	// session <nil>
}

// One damaged file concerns one key: the user signs in again, and the other
// values stay.
func ExampleReplacer() {
	dir, err := os.MkdirTemp("", "storage")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := storage.OpenSealed(storage.SealedConfig{Dir: dir, Service: "myprogram", Key: keyFile(filepath.Join(dir, "key"))})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	save := func(value string) func(context.Context, []byte) ([]byte, error) {
		return func(context.Context, []byte) ([]byte, error) { return []byte(value), nil }
	}
	fmt.Println(s.Update(ctx, "alice", save("session 1")))
	files, _ := filepath.Glob(filepath.Join(dir, "*.sealed"))
	_ = os.WriteFile(files[0], []byte("damaged"), 0o600)

	fmt.Println(errors.Is(s.Update(ctx, "alice", save("session 2")), storage.ErrCorrupt))
	fmt.Println(s.Replace(ctx, "alice", save("session 2")))
	value, err := s.Load(ctx, "alice")
	fmt.Println(string(value), err)
	// Output:
	// <nil>
	// true
	// <nil>
	// session 2 <nil>
}

func ExampleLister() {
	ctx, s := context.Background(), storage.NewMemory()
	for _, account := range []string{"alice", "bob"} {
		err := s.Update(ctx, account, func(context.Context, []byte) ([]byte, error) { return []byte("a session"), nil })
		if err != nil {
			fmt.Println(err)
		}
	}
	for key, err := range s.Keys(ctx) {
		if err != nil {
			fmt.Println("unreadable:", err) // the others are listed all the same
			continue
		}
		fmt.Println(key)
	}
	// Output:
	// alice
	// bob
}
