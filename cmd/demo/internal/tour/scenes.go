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

// crowd is the number of requests that are rejected at once.
const crowd = 50

func (r *runner) signIn(ctx context.Context) error {
	var response struct {
		AccessToken  string `json:"accessToken"`
		RefreshToken string `json:"refreshToken"`
	}
	resp, err := r.client.R().SetContext(auth.WithoutAuth(wire.As(ctx, wire.Login))).SetResult(&response).
		SetBody(map[string]string{"username": authtest.DefaultUser, "password": authtest.DefaultPassword}).Post("/auth/login")
	if err != nil {
		return err
	}
	token := auth.Token{AccessToken: response.AccessToken, RefreshToken: response.RefreshToken}
	if err := r.client.session.Login(ctx, token); err != nil {
		return err
	}
	status, err := r.client.get(ctx)
	if err != nil {
		return err
	}
	if err := r.show(); err != nil {
		return err
	}
	r.check("the password was accepted", resp.IsSuccess(), "%s", resp.Status())
	r.check("a relative path gets base URL and token", status == http.StatusOK, "/me: %d", status)
	found, files, err := search(r.dir, token.AccessToken, token.RefreshToken)
	if err != nil {
		return err
	}
	r.check("no token can be read on disk", !found && files > 0, "%s searched", count(files, "file"))
	return nil
}

// search reports whether a file below dir contains one of the texts.
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

func (r *runner) expire(ctx context.Context) error {
	before := r.server.Stats().Refreshes
	r.server.ExpireAccess()
	body := bytes.Repeat([]byte("every byte counts. "), 500)
	var response struct {
		SHA256 string `json:"sha256"`
	}
	resp, err := r.client.R().SetContext(ctx).SetHeader("Content-Type", "text/plain").SetBody(body).SetResult(&response).Post("/echo")
	if err != nil {
		return err
	}
	if err := r.show(); err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	made := r.server.Stats().Refreshes - before
	r.check("one refresh", made == 1, "%s", count(made, "refresh request"))
	r.check("the caller never saw the 401", resp.StatusCode() == http.StatusOK, "%s", resp.Status())
	r.check("the body arrived unchanged", response.SHA256 == hex.EncodeToString(sum[:]), "%d bytes, SHA-256 %x",
		len(body), sum[:4])
	return nil
}

func (r *runner) fifty(ctx context.Context) error {
	before := r.server.Stats()
	r.server.ExpireAccess()
	release := r.server.HoldAPI(crowd) // until all fifty have arrived, so that all fifty are rejected
	defer release()
	var (
		group sync.WaitGroup
		good  atomic.Int32
	)
	for range crowd {
		group.Go(func() {
			if status, err := r.client.get(ctx); err == nil && status == http.StatusOK {
				good.Add(1)
			}
		})
	}
	err := r.server.Wait(ctx, func(now authtest.Stats) bool { return now.APICalls-before.APICalls >= crowd })
	release()
	group.Wait()
	if err := errors.Join(err, r.show()); err != nil {
		return err
	}
	after := r.server.Stats()
	rejected, made := after.Unauthorized-before.Unauthorized, after.Refreshes-before.Refreshes
	r.check("all fifty were rejected", rejected == crowd, "%d × 401", rejected)
	r.check("one refresh", made == 1, "%s", count(made, "refresh request"))
	r.check("all fifty succeeded", good.Load() == crowd, "%d × 200", good.Load())
	return nil
}

func (r *runner) outage(ctx context.Context) error {
	r.server.ExpireAccess()
	r.server.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	_, failed := r.client.get(ctx)
	status, err := r.client.session.Status(ctx)
	if err != nil {
		return err
	}
	stored, loadErr := r.client.store.Load(ctx, account)
	if re, ok := errors.AsType[*auth.RefreshError](failed); ok {
		if err := wait(ctx, min(re.RetryAfter, timeout)); err != nil {
			return err
		}
	}
	again, err := r.client.get(ctx)
	if err := errors.Join(loadErr, err, r.show()); err != nil {
		return err
	}
	r.check("the request fails with its own error", errors.Is(failed, auth.ErrRefreshFailed), "auth.ErrRefreshFailed")
	r.check("the session is kept", status.SignedIn && len(stored) > 0, "signed in, and in the keyring")
	r.check("the next request succeeds", again == http.StatusOK, "/me: %d", again)
	return nil
}

func (r *runner) otherOrigin(ctx context.Context) error {
	foreign := r.server.Foreign()
	resp, err := r.client.R().SetContext(ctx).SetQueryParam("to", foreign.URL+"/steal").Get("/redirect")
	if err := errors.Join(err, r.show()); err != nil {
		return err
	}
	stats := r.server.Stats()
	r.check("the redirect was followed", resp.IsSuccess() && stats.ForeignRequests == 1, "%s", count(stats.ForeignRequests, "request"))
	r.check("the other origin saw no token", stats.ForeignTokens == 0, "%s", count(stats.ForeignTokens, "token"))
	return nil
}

func (r *runner) restart(ctx context.Context) error {
	if err := r.client.close(ctx); err != nil {
		return err
	}
	logins := r.server.Stats().Logins
	c, err := newClient(ctx, r.dir, r.server.URL)
	if err != nil {
		return err
	}
	r.client = c
	status, err := c.get(ctx)
	if err := errors.Join(err, r.show()); err != nil {
		return err
	}
	r.check("the session was read from the keyring", status == http.StatusOK, "/me: %d", status)
	since := r.server.Stats().Logins - logins
	r.check("no login was needed", since == 0, "%s", count(since, "login"))
	return nil
}

func (r *runner) revoked(ctx context.Context) error {
	r.server.RevokeAll()
	_, ended := r.client.get(ctx)
	_, loadErr := r.client.store.Load(ctx, account)
	if err := r.show(); err != nil {
		return err
	}
	r.check("the request fails: login required", errors.Is(ended, auth.ErrLoginRequired), "auth.ErrLoginRequired")
	r.check("the keyring is empty", errors.Is(loadErr, fs.ErrNotExist), "no session stored")
	reuses := r.server.Stats().Reuses
	r.check("no refresh token was ever used twice", reuses == 0, "%s", count(reuses, "reuse"))
	return nil
}
