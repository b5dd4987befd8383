package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// A program without a desktop keeps the key in a file, encrypted with a passphrase from a mounted
// file.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	mounted := filepath.Join(dir, "passphrase")
	if err := os.WriteFile(mounted, []byte("correct horse battery staple\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	store, err := keyring.Open(ctx, keyring.Config{
		Service:    "demo",
		Backend:    "file",
		Dir:        filepath.Join(dir, "state"),
		Passphrase: keyring.PassphraseFile(mounted),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = store.Close() }()

	err = store.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) { return []byte("session"), nil })
	fmt.Println(err)
	value, err := store.Load(ctx, "default")
	fmt.Printf("%s %v, key in %s\n", value, err, store.Backend())
	// Output:
	// <nil>
	// session <nil>, key in file
}

// Every failure has an error of its own, and none looks like a user who has never signed in.
func ExampleOpen_errors() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()

	ctx := context.Background()
	open := func(passphrase string) (*keyring.Store, error) {
		return keyring.Open(ctx, keyring.Config{
			Service: "demo", Backend: "file", Dir: dir,
			Passphrase: func(string) (string, error) { return passphrase, nil },
		})
	}
	store, err := open("correct horse battery staple")
	if err == nil {
		err = store.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) { return []byte("session"), nil })
	}
	fmt.Println(err)

	_, err = open("incorrect horse")
	switch {
	case errors.Is(err, keyring.ErrWrongPassphrase):
		fmt.Println("try another passphrase")
	case errors.Is(err, keyring.ErrLocked):
		fmt.Println("unlock the keyring")
	case errors.Is(err, storage.ErrKeyMissing), errors.Is(err, storage.ErrCorrupt):
		fmt.Println("restore the key, or purge and sign in again")
	}
	fmt.Println("signed out:", errors.Is(err, fs.ErrNotExist))
	// Output:
	// <nil>
	// try another passphrase
	// signed out: false
}

// Diagnose reports what works before a user files a bug.
func ExampleDiagnose() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()

	for _, r := range keyring.Diagnose(context.Background(), keyring.Config{Service: "demo", Dir: dir, Backend: "file"}) {
		if r.Selected {
			fmt.Println(r.Backend, r.Usable, r.Err)
			fmt.Println("fix:", r.Fix)
		}
	}
	// Output:
	// file false keyring: no passphrase: the encrypted key file needs one, and this program does not ask for it
	// fix: give a passphrase: a prompt, a file with mode 0600, or a file descriptor
}

// A program that has kept its key in the desktop's keyring is to run under cron
// as well: the key moves to a file, and every session stays.
func ExampleMove() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	random := func(string) (string, error) { return "q1Zx0cU8nB3mWk7RtYpLs2DfGhJvEoAi", nil }
	now := keyring.Config{Service: "myprogram", Dir: dir, Backend: "file", RandomKey: true, Passphrase: random}
	store, err := keyring.Open(context.Background(), now)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = store.Close() }()

	// Here from one file to another, because an example has no desktop.
	next := now
	next.Passphrase = func(string) (string, error) { return "Hj7KmN2pQ9rT4vW6xY8zB1cD3fG5hJ0k", nil }
	fmt.Println(keyring.Move(context.Background(), now, next))
	_, err = keyring.Open(context.Background(), now)
	fmt.Println(err)
	// Output:
	// <nil>
	// keyring: wrong passphrase; nothing has been changed
}

// The message of an Error tells the user what to do; its fields tell the program.
func ExampleError() {
	err := error(&keyring.Error{Kind: keyring.ErrLocked, Backend: "secret-service", Fix: "unlock the keyring"})
	if e, ok := errors.AsType[*keyring.Error](err); ok && errors.Is(err, keyring.ErrLocked) {
		fmt.Println(e.Backend)
		fmt.Println(err)
	}
	// Output:
	// secret-service
	// keyring: locked: secret-service; unlock the keyring
}

// One program for desktops, servers and containers: the first backend that works gets the key.
func ExampleConfig_backends() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	store, err := keyring.Open(context.Background(), keyring.Config{
		Service:    "myprogram",
		Dir:        dir,
		Backends:   []string{"file"}, // "secret-service" or "pass" first, where they may work
		Passphrase: keyring.PassphraseOnce(func(string) (string, error) { return "correct horse battery staple", nil }),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(store.Backend(), store.Close())
	// Output: file <nil>
}

// A passphrase was forgotten: the sessions cannot be read any more, and users sign in again.
func ExamplePurge() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Println(keyring.Purge(context.Background(), keyring.Config{Service: "myprogram", Dir: dir, Backend: "file"}))
	// Output: <nil>
}
