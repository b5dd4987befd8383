package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const (
	service        = "chatelaine-demo"
	defaultBaseURL = "http://127.0.0.1:8080"
	requestTimeout = 30 * time.Second
)

// profile is a session at a server, as the flags describe it.
type profile struct {
	*flags

	store   *keyring.Store
	session *auth.Interceptor
	client  *resty.Client
}

// settings is what login remembers for the other commands; it holds no secret.
type settings struct {
	BaseURL string `json:"base_url"`
}

// open opens the keyring and installs the session on a client.
func (f *flags) open(ctx context.Context) (*profile, error) {
	dir, err := f.directory()
	if err != nil {
		return nil, err
	}
	store, err := f.openStore(ctx, dir)
	if err != nil {
		return nil, inKeyring(err)
	}
	base := cmp.Or(f.baseURL, remembered(dir).BaseURL, defaultBaseURL)
	session, err := auth.New(auth.Config{
		BaseURL:   base,
		Store:     store,
		Account:   f.profile,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
		Revoke:    revokeAt(base),
	})
	if err != nil {
		return nil, usage(err)
	}
	client := resty.New().SetTimeout(requestTimeout)
	if err := chain.New(session).Install(client); err != nil {
		return nil, err
	}
	return &profile{flags: f, store: store, session: session, client: client}, nil
}

// revokeAt revokes at the server's endpoint of RFC 7009.
func revokeAt(base string) func(context.Context, auth.Token) error {
	return auth.OAuth2Revoker{URL: base + "/oauth/revoke"}.Revoke
}

// close ends what is under way, also after an interrupt: a token that the server has just given out must be saved.
func (p *profile) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	return errors.Join(p.session.Close(ctx), p.store.Close())
}

func (f *flags) directory() (string, error) {
	if f.dir != "" {
		return filepath.Join(f.dir, f.profile), nil
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return "", usage(fmt.Errorf("no place for the session: %w; name one with --dir", err))
	}
	return filepath.Join(config, service, f.profile), nil
}

func (f *flags) openStore(ctx context.Context, dir string) (*keyring.Store, error) {
	c, err := f.keyringConfig(dir)
	if err != nil {
		return nil, err
	}
	return keyring.Open(ctx, c)
}

func (f *flags) keyringConfig(dir string) (keyring.Config, error) {
	c := keyring.Config{Service: service, Backend: f.backend, Dir: dir}
	if f.backend != "file" {
		return c, nil
	}
	file, err := f.passphrase(dir)
	c.Passphrase = keyring.PassphraseFile(file)
	return c, err
}

// passphrase names the file with the passphrase. Without one of the user's, the demo makes one beside the session, so that it
// asks nothing; whoever can read it can read the session, so a real program does not do that.
func (f *flags) passphrase(dir string) (string, error) {
	if f.passphraseFile != "" {
		return f.passphraseFile, nil
	}
	file := filepath.Join(dir, "passphrase")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	w, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) { // another command was faster
		return file, nil
	}
	if err != nil {
		return "", err
	}
	_, err = w.WriteString(rand.Text() + "\n")
	return file, errors.Join(err, w.Close())
}

func remembered(dir string) settings {
	var s settings
	if data, err := os.ReadFile(filepath.Join(dir, "settings.json")); err == nil && json.Unmarshal(data, &s) != nil {
		return settings{}
	}
	return s
}

func remember(dir string, s settings) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "settings.json"), data, 0o600)
}
