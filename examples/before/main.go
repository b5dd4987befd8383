// Before is the program of package first without Chatelaine: what one has to write on bare resty to
// get less. It is here to be counted and compared, not to be used. It refreshes once per process,
// not once for all processes; it stores tokens as plain text; a crash can lose them; and it takes
// any failed refresh for the end of the session.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-resty/resty/v2"
)

var api = "https://api.example.com"

type tokens struct {
	Access    string    `json:"accessToken"`
	Refresh   string    `json:"refreshToken"`
	ExpiresIn int       `json:"expiresIn"`
	Expiry    time.Time `json:"expiry"`
}

type session struct {
	mu   sync.Mutex
	path string
	now  tokens
}

func open() (*session, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return nil, err
	}
	s := &session{path: filepath.Join(dir, "myprogram", "session.json")}
	data, err := os.ReadFile(s.path)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	return s, json.Unmarshal(data, &s.now)
}

func (s *session) save(t tokens) error {
	if t.ExpiresIn > 0 {
		t.Expiry = time.Now().Add(time.Duration(t.ExpiresIn) * time.Second)
	}
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(s.path+".new", data, 0o600); err != nil {
		return err
	}
	s.now = t
	return os.Rename(s.path+".new", s.path)
}

func (s *session) access() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.Access
}

var errLoginRequired = errors.New("login required")

func (s *session) refresh(ctx context.Context, used string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.Access != used {
		return nil
	}
	var t tokens
	resp, err := resty.New().R().SetContext(ctx).SetResult(&t).
		SetBody(map[string]string{"refreshToken": s.now.Refresh}).Post(api + "/auth/refresh")
	if err != nil {
		return err
	}
	if resp.IsError() {
		s.now = tokens{}
		_ = os.Remove(s.path)
		return errLoginRequired
	}
	if t.Refresh == "" {
		t.Refresh = s.now.Refresh
	}
	return s.save(t)
}

func (s *session) get(ctx context.Context, c *resty.Client, path string) (*resty.Response, error) {
	used := s.access()
	resp, err := c.R().SetContext(ctx).SetAuthToken(used).Get(path)
	if err != nil || resp.StatusCode() != http.StatusUnauthorized {
		return resp, err
	}
	if err := s.refresh(ctx, used); err != nil {
		return nil, err
	}
	return c.R().SetContext(ctx).SetAuthToken(s.access()).Get(path)
}

func (s *session) login(ctx context.Context, c *resty.Client, user, password string) error {
	var t tokens
	resp, err := c.R().SetContext(ctx).SetResult(&t).
		SetBody(map[string]string{"username": user, "password": password}).Post("/auth/login")
	if err != nil {
		return err
	}
	if resp.IsError() {
		return fmt.Errorf("login: %s", resp.Status())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.save(t)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := open()
	if err != nil {
		return err
	}
	client := resty.New().SetBaseURL(api)
	if len(os.Args) == 4 && os.Args[1] == "login" {
		return s.login(ctx, client, os.Args[2], os.Args[3])
	}
	resp, err := s.get(ctx, client, "/me")
	if errors.Is(err, errLoginRequired) {
		return fmt.Errorf("%w: run myprogram login USER", err)
	}
	if err != nil {
		return err
	}
	fmt.Println(resp)
	return nil
}
