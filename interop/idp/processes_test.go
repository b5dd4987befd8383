package idp_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/login"
)

// childSpec is what a child process needs for the session.
type childSpec struct {
	Dir     string
	Client  login.Client // it prints and encodes without its secret
	Workers int
}

// encode encodes the client with its secret, for the child only.
func (c childSpec) encode() (string, error) {
	data, err := json.Marshal(map[string]any{
		"dir": c.Dir, "workers": c.Workers, "id": c.Client.ID, "secret": c.Client.Secret, "style": c.Client.AuthStyle,
		"provider": c.Client.Provider,
	})
	return string(data), err
}

// child is the process: it calls the API with several goroutines until its input ends, and prints
// a line for each refresh and each failure.
func child(spec string) error {
	var c struct {
		Dir, ID, Secret string
		Workers         int
		Style           int
		Provider        login.Provider
	}
	if err := json.Unmarshal([]byte(spec), &c); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	store, err := keyringAt(ctx, c.Dir)
	if err != nil {
		return err
	}
	client := login.Client{Provider: c.Provider, ID: c.ID, Secret: c.Secret, AuthStyle: styleOf(c.ID)}
	var out sync.Mutex
	say := func(kind, text string) {
		out.Lock()
		defer out.Unlock()
		fmt.Println(kind, strings.ReplaceAll(text, "\n", " "))
	}
	m := &meter{sent: func(hash string) { say("refresh", hash) }}
	s, err := newSession(client, store, m)
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	var workers sync.WaitGroup
	for range c.Workers {
		workers.Go(func() {
			for {
				if err := s.call(ctx); err != nil {
					say("error", err.Error())
				}
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		})
	}
	workers.Wait()
	_, dead := m.counts()
	say("dead", strconv.Itoa(dead))
	return s.Close(ctx)
}

// processes runs six processes with eight goroutines each on one session, over five expiries.
func (p *provider) processes(t *testing.T) {
	p.share(t, "public")
}

func (p *provider) share(t *testing.T, id string) {
	t.Helper()
	const count, workers, expiries = 6, 8, 5
	dir := t.TempDir()
	s := p.signIn(t, id, openKeyring(t, dir))
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	spec, err := childSpec{Dir: dir, Client: p.client(t, id), Workers: workers}.encode()
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	lines := make(chan string)
	var readers sync.WaitGroup
	var inputs []io.Closer
	for range count {
		cmd := exec.CommandContext(ctx, exe)
		cmd.Env = append(cmd.Environ(), childEnv+"="+spec)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, in)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		readers.Go(func() {
			for scan := bufio.NewScanner(out); scan.Scan(); {
				lines <- scan.Text()
			}
			if err := cmd.Wait(); err != nil {
				lines <- "failed " + err.Error()
			}
		})
	}
	go func() { readers.Wait(); close(lines) }()
	seen := make(map[string]int)
	ended := 0
	for line := range lines {
		kind, text, _ := strings.Cut(line, " ")
		switch {
		case kind == "refresh":
			if seen[text]++; seen[text] > 1 {
				t.Errorf("a refresh token was sent twice")
			}
			if len(seen) == expiries {
				for _, in := range inputs {
					_ = in.Close()
				}
			}
		case kind == "dead" && text == "0":
			ended++
		default:
			t.Error(line)
		}
	}
	if ended != count {
		t.Errorf("%d of %d processes ended well", ended, count)
	}
	if len(seen) < expiries {
		t.Errorf("%d refreshes, want at least %d", len(seen), expiries)
	}
	t.Logf("%d processes with %d goroutines: %d refreshes, each of another token", count, workers, len(seen))
}
