//go:build unix

package bench_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const (
	programs  = 8
	workers   = 8 // goroutines of a program
	rotations = 30
)

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "program" {
		if err := program(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, "the program failed:", err)
		}
		return
	}
	m.Run()
}

func openShared(ctx context.Context, dir string) (*keyring.Store, error) {
	return keyring.Open(ctx, keyring.Config{
		Service: "bench", Dir: dir, Backend: "file",
		Passphrase: func(string) (string, error) { return "correct horse battery staple", nil },
	})
}

func openSession(store auth.Store, url string) (*auth.Interceptor, *http.Client, error) {
	session, err := auth.New(auth.Config{
		BaseURL: url, Store: store, Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
	})
	if err != nil {
		return nil, nil, err
	}
	return session, &http.Client{Transport: chain.New(session).Transport(&http.Transport{MaxIdleConnsPerHost: workers})}, nil
}

// program is main of a process that shares the session: for every line it reads, all its goroutines
// send a request, and it answers how many of them failed.
func program(dir, url string) error {
	ctx := context.Background()
	store, err := openShared(ctx, dir)
	if err != nil {
		return err
	}
	session, client, err := openSession(store, url)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var failed atomic.Int32
		var group sync.WaitGroup
		for range workers {
			group.Go(func() {
				if ask(ctx, client, url+"/me") != nil {
					failed.Add(1)
				}
			})
		}
		group.Wait()
		fmt.Println(failed.Load())
	}
	return errors.Join(session.Close(ctx), store.Close())
}

func ask(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}

// BenchmarkProcesses: eight processes of eight goroutines over one keyring, and a server that takes
// a refresh token spent twice for theft. In every round the access token expires, and all of them
// send a request.
func BenchmarkProcesses(b *testing.B) {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	dir := b.TempDir()
	store, err := openShared(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	session, _, err := openSession(store, server.URL)
	if err != nil {
		b.Fatal(err)
	}
	pair := server.Issue("alice")
	if err := session.Login(b.Context(), auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}); err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(session.Close(b.Context()), store.Close()); err != nil {
		b.Fatal(err)
	}
	var all []*shell
	for range programs {
		all = append(all, start(b, dir, server.URL))
	}
	rounds, failed := 0, 0
	for b.Loop() {
		for range rotations {
			server.ExpireAccess()
			rounds++
			for _, s := range all {
				s.tell(b, "go")
			}
			for _, s := range all {
				failed += s.number(b)
			}
		}
	}
	stats := server.Stats()
	b.ReportMetric(float64(stats.Refreshes)/float64(rounds), "refreshes/expiry")
	b.ReportMetric(float64(stats.Reuses), "reuses")
	b.ReportMetric(float64(failed), "failed-requests")
}

// A shell is a running program.
type shell struct {
	stdin io.Writer
	lines *bufio.Scanner
}

func start(b *testing.B, dir, url string) *shell {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), self, "program", dir, url)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = stdin.Close(), cmd.Wait() })
	s := &shell{stdin: stdin, lines: bufio.NewScanner(stdout)}
	s.line(b)
	return s
}

func (s *shell) tell(b *testing.B, line string) {
	b.Helper()
	if _, err := fmt.Fprintln(s.stdin, line); err != nil {
		b.Fatal(err)
	}
}

func (s *shell) line(b *testing.B) string {
	b.Helper()
	if !s.lines.Scan() {
		b.Fatal("a program has ended")
	}
	return s.lines.Text()
}

func (s *shell) number(b *testing.B) (n int) {
	b.Helper()
	if _, err := fmt.Sscan(s.line(b), &n); err != nil {
		b.Fatal(err)
	}
	return n
}
