package auth_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const (
	childMarker = "chatelaine-child"
	workers     = 8 // goroutines of a process
)

// openShared opens the keyring that the processes share.
func openShared(ctx context.Context, dir string) (*keyring.Store, error) {
	return keyring.Open(ctx, keyring.Config{
		Service: "test", Dir: dir, Backend: "file",
		Passphrase: func(string) (string, error) { return "correct horse battery staple", nil },
	})
}

// userProgram is main of a program as a newcomer writes it. A command sends one request and ends,
// without closing its session. A service sends requests until it is interrupted, and then closes
// it.
func userProgram(ctx context.Context, role, url string, store auth.Store) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	session, err := auth.New(auth.Config{BaseURL: url, Store: store, Refresher: auth.JSONRefresher{URL: "/auth/refresh"}})
	if err != nil {
		return err
	}
	f := &fixture{client: clientOver(session, new(http.Transport))}
	fmt.Println("ready")
	for {
		status, _, err := f.get(ctx, "/me")
		switch {
		case ctx.Err() != nil:
			fmt.Println("served")
			return session.Close(context.WithoutCancel(ctx))
		case err != nil || status != http.StatusOK:
			fmt.Println("failed:", status, err)
			return nil
		case role == "command":
			fmt.Println("served")
			return nil
		}
	}
}

// child is main of a program with a session: child ROLE DIR URL.
//
// A worker sends as many requests at once as it has goroutines, whenever it reads a line, and
// answers how many were served. A holder takes the lock of the session and keeps it.
func child(args []string) error {
	ctx := context.Background()
	role, dir, url := args[0], args[1], args[2]
	store, err := openShared(ctx, dir)
	if err != nil {
		return err
	}
	if role == "holder" {
		return store.Update(ctx, "default", func(_ context.Context, old []byte) ([]byte, error) {
			fmt.Println("ready")
			_, err := io.Copy(io.Discard, os.Stdin) // until the parent lets go
			return old, err
		})
	}
	if role == "command" || role == "service" {
		return userProgram(ctx, role, url, store)
	}
	var answered atomic.Int64 // when the server's answer was there
	refresher := auth.JSONRefresher{URL: url + "/auth/refresh"}
	session, err := auth.New(auth.Config{
		BaseURL: url, Store: store,
		Refresher: auth.RefreshFunc(func(ctx context.Context, old auth.Token) (auth.Token, error) {
			t, err := refresher.Refresh(ctx, old)
			answered.Store(time.Now().UnixNano())
			return t, err
		}),
		OnEvent: func(e auth.Event) {
			if e.Kind == auth.TokenRefreshed {
				fmt.Println("saved", time.Now().UnixNano()-answered.Load())
			}
		},
	})
	if err != nil {
		return err
	}
	client := clientOver(session, &http.Transport{MaxIdleConnsPerHost: workers})
	f := &fixture{client: client}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var served atomic.Int32
		var group sync.WaitGroup
		var failures sync.Map
		for range workers {
			group.Go(func() {
				switch status, _, err := f.get(ctx, "/me"); {
				case err == nil && status == http.StatusOK:
					served.Add(1)
				case errors.Is(err, auth.ErrLoginRequired):
					failures.Store("login required", true)
				default:
					failures.Store(fmt.Sprint(status, " ", err), true)
				}
			})
		}
		group.Wait()
		failures.Range(func(k, _ any) bool { fmt.Println("failed:", k); return true })
		fmt.Println("served", served.Load())
	}
	return errors.Join(session.Close(ctx), store.Close())
}
