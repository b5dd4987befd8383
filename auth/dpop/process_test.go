package dpop_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/auth/dpop"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const childMarker = "chatelaine-dpop-child"

func openShared(ctx context.Context, dir string) (*keyring.Store, error) {
	return keyring.Open(ctx, keyring.Config{
		Service: "test", Dir: dir, Backend: "file",
		Passphrase: func(string) (string, error) { return "correct horse battery staple", nil },
	})
}

func sharing(store auth.Store, url string) (*auth.Interceptor, error) {
	return auth.New(auth.Config{
		BaseURL: url, Store: store, Prover: dpop.New(),
		Refresher: auth.OAuth2Refresher{
			Config: &oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: "/oauth/token"}},
		},
	})
}

// child is main of a program with a session of the directory: it sends four requests at once for
// every line that it reads.
func child(dir, url string) error {
	ctx := context.Background()
	store, err := openShared(ctx, dir)
	if err != nil {
		return err
	}
	session, err := sharing(store, url)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	f := &fixture{client: client}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if status, err := f.get(ctx, "/me"); err != nil || status != http.StatusOK {
					fmt.Println("failed:", status, err)
				}
			})
		}
		wg.Wait()
		fmt.Println("served")
	}
	return errors.Join(session.Close(ctx), store.Close())
}

// TestProcesses: six processes on one session, five expiries, stale nonces in between: one refresh
// each, nobody sees an error, and no refresh token is spent twice.
func TestProcesses(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{DPoP: authtest.DPoPRequired, DPoPNonce: true})
	t.Cleanup(s.Close)
	dir := t.TempDir()
	store, err := openShared(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	session, err := sharing(store, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Server: s, session: session}
	f.login(t)
	if err := errors.Join(session.Close(t.Context()), store.Close()); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	type process struct {
		in  io.WriteCloser
		out *bufio.Scanner
	}
	var all []process
	for range 6 {
		cmd := exec.CommandContext(t.Context(), self, childMarker, dir, s.URL)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = in.Close()
			_ = cmd.Wait()
		})
		all = append(all, process{in, bufio.NewScanner(out)})
	}
	until := func(p process, word string) {
		for p.out.Scan() {
			if strings.HasPrefix(p.out.Text(), word) {
				return
			}
			t.Error(p.out.Text())
		}
		t.Fatalf("a process ended before %q", word)
	}
	for _, p := range all {
		until(p, "ready")
	}
	for n := range 5 {
		s.ExpireAccess()
		s.RotateNonce()
		for _, p := range all {
			if _, err := io.WriteString(p.in, "go\n"); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range all {
			until(p, "served")
		}
		s.AssertRefreshes(t, n+1)
	}
	if st := s.Stats(); st.Reuses != 0 || st.Refusals != 0 {
		t.Errorf("got %+v", st)
	}
}
