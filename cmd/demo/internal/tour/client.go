package tour

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const (
	service = "chatelaine-tour"
	account = "alice"
	timeout = 20 * time.Second
)

// client is what a program has that keeps a session: this is all the wiring there is.
type client struct {
	*resty.Client

	store    *keyring.Store
	session  *auth.Interceptor
	recorder *wire.Recorder
	base     *http.Transport
}

// newClient opens the keyring and puts the session on a client, as a program does when it starts.
func newClient(ctx context.Context, dir, url string) (*client, error) {
	c := &client{Client: resty.New(), recorder: new(wire.Recorder), base: &http.Transport{MaxIdleConnsPerHost: crowd}}
	store, err := openStore(ctx, dir)
	if err != nil {
		return nil, err
	}
	c.store = store
	network := far{c.base}
	c.session, err = auth.New(auth.Config{
		BaseURL:   url,
		Store:     store,
		Account:   account,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: c.recorder.Transport(wire.Refresh, network)},
	})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	c.SetTimeout(timeout).SetTransport(c.recorder.Transport(wire.Request, network))
	return c, chain.New(c.session, c.recorder).Install(c.Client)
}

// openStore opens the sealed files. The tour has a file with the passphrase, so that it need not ask.
func openStore(ctx context.Context, dir string) (*keyring.Store, error) {
	return keyring.Open(ctx, keyring.Config{
		Service: service, Dir: dir, Backend: "file", Passphrase: keyring.PassphraseFile(passphraseFile(dir)),
	})
}

func passphraseFile(dir string) string { return dir + ".passphrase" }

func (c *client) close(ctx context.Context) error {
	err := c.session.Close(context.WithoutCancel(ctx))
	c.base.CloseIdleConnections()
	return errors.Join(err, c.store.Close())
}

// get asks for /me and reports the status, or 0.
func (c *client) get(ctx context.Context) (status int, err error) {
	resp, err := c.R().SetContext(ctx).Get("/me")
	return resp.StatusCode(), err
}

// far is a network with a distance, so that there is something to see.
type far struct{ *http.Transport }

const distance = 12 * time.Millisecond

// RoundTrip waits for the distance and passes the request on.
func (f far) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := wait(req.Context(), distance); err != nil {
		return nil, err
	}
	return f.Transport.RoundTrip(req)
}
