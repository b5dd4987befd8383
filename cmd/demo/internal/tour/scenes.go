package tour

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
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

// crowd is how many are refused at once.
const crowd = 50

func (s *stage) signIn(ctx context.Context) error {
	var answer struct {
		AccessToken  string `json:"accessToken"`
		RefreshToken string `json:"refreshToken"`
	}
	resp, err := s.client.R().SetContext(auth.WithoutAuth(wire.As(ctx, wire.Login))).SetResult(&answer).
		SetBody(map[string]string{"username": authtest.DefaultUser, "password": authtest.DefaultPassword}).Post("/auth/login")
	if err != nil {
		return err
	}
	token := auth.Token{AccessToken: answer.AccessToken, RefreshToken: answer.RefreshToken}
	if err := s.client.session.Login(ctx, token); err != nil {
		return err
	}
	status, err := s.client.get(ctx)
	if err != nil {
		return err
	}
	if err := s.show(); err != nil {
		return err
	}
	s.check("the password was accepted", resp.IsSuccess(), "%s", resp.Status())
	s.check("a relative path got the base URL and the token", status == http.StatusOK, "/me: %d", status)
	found, files, err := search(s.dir, token.AccessToken, token.RefreshToken)
	if err != nil {
		return err
	}
	s.check("no token can be read on the disk", !found && files > 0, "%s searched", count(files, "file"))
	return nil
}

// search looks for the texts in all files below dir.
func search(dir string, texts ...string) (found bool, files int, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		files++
		for _, t := range texts {
			found = found || bytes.Contains(data, []byte(t))
		}
		return err
	})
	return found, files, err
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
	if err := s.show(); err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	made := s.server.Stats().Refreshes - before
	s.check("one refresh", made == 1, "%s", count(made, "refresh request"))
	s.check("the caller never saw the 401", resp.StatusCode() == http.StatusOK, "%s", resp.Status())
	s.check("the body arrived byte for byte", answer.SHA256 == hex.EncodeToString(sum[:]), "%d bytes, SHA-256 %x",
		len(body), sum[:4])
	return nil
}

func (s *stage) fifty(ctx context.Context) error {
	before := s.server.Stats()
	s.server.ExpireAccess()
	release := s.server.HoldAPI(crowd) // until all fifty are there, so that all fifty are refused
	defer release()
	var (
		group sync.WaitGroup
		good  atomic.Int32
	)
	for range crowd {
		group.Go(func() {
			if status, err := s.client.get(ctx); err == nil && status == http.StatusOK {
				good.Add(1)
			}
		})
	}
	err := s.server.Wait(ctx, func(now authtest.Stats) bool { return now.APICalls-before.APICalls >= crowd })
	release()
	group.Wait()
	if err := errors.Join(err, s.show()); err != nil {
		return err
	}
	after := s.server.Stats()
	refused, made := after.Unauthorized-before.Unauthorized, after.Refreshes-before.Refreshes
	s.check("all fifty were refused", refused == crowd, "%d × 401", refused)
	s.check("one refresh", made == 1, "%s", count(made, "refresh request"))
	s.check("all fifty were answered", good.Load() == crowd, "%d × 200", good.Load())
	return nil
}

func (s *stage) trouble(ctx context.Context) error {
	s.server.ExpireAccess()
	s.server.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	_, failed := s.client.get(ctx)
	status, err := s.client.session.Status(ctx)
	if err != nil {
		return err
	}
	stored, loadErr := s.client.store.Load(ctx, account)
	if re, ok := errors.AsType[*auth.RefreshError](failed); ok {
		if err := wait(ctx, min(re.RetryAfter, timeout)); err != nil {
			return err
		}
	}
	again, err := s.client.get(ctx)
	if err := errors.Join(loadErr, err, s.show()); err != nil {
		return err
	}
	s.check("the request fails, and the error says why", errors.Is(failed, auth.ErrRefreshFailed), "auth.ErrRefreshFailed")
	s.check("the session is kept", status.SignedIn && len(stored) > 0, "signed in, and in the keyring")
	s.check("the next request makes up for it", again == http.StatusOK, "/me: %d", again)
	return nil
}

func (s *stage) stranger(ctx context.Context) error {
	foreign := s.server.Foreign()
	resp, err := s.client.R().SetContext(ctx).SetQueryParam("to", foreign.URL+"/steal").Get("/redirect")
	if err := errors.Join(err, s.show()); err != nil {
		return err
	}
	stats := s.server.Stats()
	s.check("the redirect was followed", resp.IsSuccess() && stats.ForeignRequests == 1, "%s", count(stats.ForeignRequests, "request"))
	s.check("the stranger saw no token", stats.ForeignTokens == 0, "%s", count(stats.ForeignTokens, "token"))
	return nil
}

func (s *stage) restart(ctx context.Context) error {
	if err := s.client.close(ctx); err != nil {
		return err
	}
	logins := s.server.Stats().Logins
	c, err := newClient(ctx, s.dir, s.server.URL)
	if err != nil {
		return err
	}
	s.client = c
	status, err := c.get(ctx)
	if err := errors.Join(err, s.show()); err != nil {
		return err
	}
	s.check("the session came out of the keyring", status == http.StatusOK, "/me: %d", status)
	since := s.server.Stats().Logins - logins
	s.check("nobody had to log in", since == 0, "%s", count(since, "login"))
	return nil
}

func (s *stage) end(ctx context.Context) error {
	s.server.RevokeAll()
	_, ended := s.client.get(ctx)
	_, loadErr := s.client.store.Load(ctx, account)
	if err := s.show(); err != nil {
		return err
	}
	s.check("the request fails: login required", errors.Is(ended, auth.ErrLoginRequired), "auth.ErrLoginRequired")
	s.check("the keyring is empty", errors.Is(loadErr, fs.ErrNotExist), "no session stored")
	reuses := s.server.Stats().Reuses
	s.check("in all this, no refresh token was spent twice", reuses == 0, "%s", count(reuses, "reuse"))
	return nil
}
