package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func (s *stage) signIn(ctx context.Context) error {
	if err := s.login(ctx, authtest.DefaultUser, authtest.DefaultPassword); err != nil {
		return err
	}
	resp, err := s.client.R().SetContext(ctx).Get("/me")
	if err != nil {
		return err
	}
	s.show()
	s.check("the relative path got the base URL and the token", resp.StatusCode() == http.StatusOK, "%s", resp.Status())
	token, err := s.session.Token(ctx)
	if err != nil {
		return err
	}
	found, err := contains(s.dir, token.AccessToken, token.RefreshToken)
	if err != nil {
		return err
	}
	s.check("no token is readable on the disk", !found, "key in: %s", s.store.Backend())
	return nil
}

// contains tells whether a file below dir holds one of the texts.
func contains(dir string, texts ...string) (found bool, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, t := range texts {
			found = found || bytes.Contains(data, []byte(t))
		}
		return err
	})
	return found, err
}

func (s *stage) expire(ctx context.Context) error {
	before := s.server.Stats().Refreshes
	s.server.ExpireAccess()
	body := bytes.Repeat([]byte("every byte counts. "), 500)
	var answer struct {
		SHA256 string `json:"sha256"`
	}
	resp, err := s.client.R().SetContext(ctx).SetHeader("Content-Type", "text/plain").SetBody(body).SetResult(&answer).Post("/echo")
	if err != nil {
		return err
	}
	s.show()
	sum := sha256.Sum256(body)
	s.check("the request was sent again and answered", resp.StatusCode() == http.StatusOK, "%s", resp.Status())
	s.check("its body arrived byte for byte", answer.SHA256 == hex.EncodeToString(sum[:]), "%d bytes", len(body))
	made := s.server.Stats().Refreshes - before
	s.check("there was one refresh", made == 1, "%d", made)
	return nil
}

func (s *stage) fifty(ctx context.Context) error {
	before := s.server.Stats().Refreshes
	s.server.ExpireAccess()
	var (
		group sync.WaitGroup
		good  atomic.Int32
	)
	for range 50 {
		group.Go(func() {
			if resp, err := s.client.R().SetContext(ctx).Get("/me"); err == nil && resp.StatusCode() == http.StatusOK {
				good.Add(1)
			}
		})
	}
	group.Wait()
	s.show()
	made := s.server.Stats().Refreshes - before
	s.check("all fifty were answered", good.Load() == 50, "%d", good.Load())
	s.check("there was one refresh", made == 1, "%d", made)
	return nil
}

func (s *stage) trouble(ctx context.Context) error {
	s.server.ExpireAccess()
	s.server.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	_, err := s.client.R().SetContext(ctx).Get("/me")
	s.check("the request fails, and says why", errors.Is(err, auth.ErrRefreshFailed), "ErrRefreshFailed")
	status, statusErr := s.session.Status(ctx)
	if statusErr != nil {
		return statusErr
	}
	s.check("the session is kept", status.SignedIn, "")
	resp, err := s.client.R().SetContext(ctx).Get("/me")
	if err != nil {
		return err
	}
	s.show()
	s.check("the next request makes up for it", resp.StatusCode() == http.StatusOK, "%s", resp.Status())
	return nil
}

func (s *stage) strangers(ctx context.Context) error {
	foreign := s.server.Foreign()
	resp, err := s.client.R().SetContext(ctx).SetQueryParam("to", foreign.URL+"/steal").Get("/redirect")
	if err != nil {
		return err
	}
	s.show()
	leaks := s.server.Stats().ForeignTokens
	s.check("the redirect was followed, without the token", leaks == 0, "%s, %d tokens seen", resp.Status(), leaks)
	return nil
}

func (s *stage) restart(ctx context.Context) error {
	if err := s.profile.close(ctx); err != nil {
		return err
	}
	logins := s.server.Stats().Logins
	p, err := s.newProfile(ctx)
	if err != nil {
		return err
	}
	s.profile = p
	resp, err := s.client.R().SetContext(ctx).Get("/me")
	if err != nil {
		return err
	}
	s.show()
	s.check("the session came out of the keyring", resp.StatusCode() == http.StatusOK, "%s", resp.Status())
	s.check("nobody had to log in", s.server.Stats().Logins == logins, "")
	return nil
}

func (s *stage) end(ctx context.Context) error {
	s.server.RevokeAll()
	_, err := s.client.R().SetContext(ctx).Get("/me")
	s.show()
	s.check("the request fails: login required", errors.Is(err, auth.ErrLoginRequired), "ErrLoginRequired")
	_, err = s.store.Load(ctx, s.profile.profile)
	s.check("the keyring is empty", errors.Is(err, fs.ErrNotExist), "")
	reuses := s.server.Stats().Reuses
	s.check("no refresh token was ever spent twice", reuses == 0, "%d reuses", reuses)
	return nil
}
