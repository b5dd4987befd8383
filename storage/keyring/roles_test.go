package keyring_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// loop counts in the store forever, and prints each number once it is saved.
func loop(ctx context.Context, args []string) error {
	s, err := keyring.Open(ctx, childConfig(args))
	if err != nil {
		return err
	}
	for {
		var saved []byte
		err := s.Update(ctx, "default", func(_ context.Context, old []byte) ([]byte, error) {
			var err error
			saved, err = next(old)
			return saved, err
		})
		if err != nil {
			return err
		}
		fmt.Println("saved:", strings.TrimSpace(string(saved[:20])))
	}
}

// ask opens a store and prompts the user for its passphrase.
func ask(ctx context.Context, dir string) error {
	cfg := fileConfig(dir)
	cfg.Passphrase = keyring.PassphrasePrompt
	_, err := keyring.Open(ctx, cfg)
	if state, stateErr := exec.CommandContext(ctx, "stty", "-F", "/dev/tty", "-a").Output(); stateErr == nil {
		fmt.Println("echo", map[bool]string{true: "on", false: "off"}[bytes.Contains(state, []byte(" echo "))])
	}
	return err
}

// leaks uses a store and looks for goroutines that are left.
func leaks(ctx context.Context, args []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := keyring.Open(ctx, childConfig(args))
	if err != nil {
		return err
	}
	err = s.Update(ctx, "default", func(ctx context.Context, _ []byte) ([]byte, error) {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Millisecond)
		defer cancel()
		if err := s.Purge(limited); !errors.Is(err, storage.ErrBusy) { // waits
			return nil, fmt.Errorf("purge: %w", err)
		}
		return []byte("value"), nil
	})
	return errors.Join(err, s.Close(), goleak.Find())
}

// turns makes one Update for every line on its standard input.
func turns(ctx context.Context, args []string) error {
	s, err := keyring.Open(ctx, childConfig(args))
	if err != nil {
		return err
	}
	fmt.Println("open")
	for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
		err := s.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) { return scanner.Bytes(), nil })
		if err != nil {
			return err
		}
		value, err := s.Load(ctx, "default")
		if err != nil {
			return err
		}
		fmt.Printf("saved: %s\n", value)
	}
	return nil
}

// watch loads the value until its standard input is closed.
func watch(ctx context.Context, args []string) error {
	s, err := keyring.Open(ctx, childConfig(args))
	if err != nil {
		return err
	}
	end := released()
	loads, highest := 0, 0
	for ; ; loads++ {
		select {
		case <-end:
			fmt.Println("loads:", loads)
			return nil
		default:
		}
		value, err := s.Load(ctx, "default")
		if err != nil {
			return err
		}
		n, err := number(value)
		if err != nil {
			return err
		}
		if n < highest {
			return fmt.Errorf("loaded %d after %d", n, highest)
		}
		highest = n
	}
}

// hold stays inside an Update until its standard input is closed.
func hold(ctx context.Context, args []string) error {
	s, err := keyring.Open(ctx, childConfig(args))
	if err != nil {
		return err
	}
	return s.Update(ctx, "default", func(_ context.Context, old []byte) ([]byte, error) {
		fmt.Println("holding")
		<-released()
		return next(old)
	})
}

// readOnly is the program of a user without rights in a directory that may be
// read and not written.
func readOnly(ctx context.Context, dir string) error {
	cfg := fileConfig(dir)
	s, err := keyring.Open(ctx, cfg)
	if err != nil {
		return err
	}
	if err := s.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) { return []byte("old"), nil }); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		return err
	}
	defer func() { _ = os.Chmod(dir, 0o700) }()
	err = s.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) {
		return nil, errors.New("the callback was called")
	})
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "directory") {
		return errors.Join(errors.New("unexpected error"), err)
	}
	value, err := s.Load(ctx, "default")
	if string(value) != "old" {
		return errors.Join(errors.New("the value is gone"), err)
	}
	return nil
}

func released() <-chan struct{} {
	end := make(chan struct{})
	go func() {
		defer close(end)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	return end
}
