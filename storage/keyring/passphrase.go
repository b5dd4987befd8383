package keyring

import (
	"fmt"
	"os"
	"sync"
)

// PassphraseFD returns a [Config].Passphrase that reads the first line, of at
// most 4 KiB, from an open file descriptor and closes it: program 3<passphrase.
// Called again it returns the same.
func PassphraseFD(fd uintptr) func(prompt string) (string, error) {
	read := sync.OnceValues(func() (string, error) {
		f := os.NewFile(fd, "passphrase")
		if f == nil {
			return "", fmt.Errorf("file descriptor %d is not open", fd)
		}
		defer func() { _ = f.Close() }()
		return firstLine(f)
	})
	return func(string) (string, error) { return read() }
}

// PassphraseOnce returns a [Config].Passphrase that asks once and remembers the
// passphrase, for programs that open several stores with one passphrase: give the
// same function to all of them. A failure and an empty passphrase are not remembered;
// a wrong passphrase is, so make a new function to ask again.
func PassphraseOnce(ask func(prompt string) (string, error)) func(prompt string) (string, error) {
	var (
		mu    sync.Mutex
		known string
	)
	return func(prompt string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if known != "" {
			return known, nil
		}
		answer, err := ask(prompt)
		if err == nil {
			known = answer
		}
		return answer, err
	}
}
