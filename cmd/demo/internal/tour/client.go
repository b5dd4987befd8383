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

// client is all that a program needs to keep a session.
type client struct {
	*resty.Client

	store    *keyring.Store
	session  *auth.Interceptor
	recorder *wire.Recorder
	base     *http.Transport
}

// newClient opens the keyring and installs the session on a client, as a program does when it
// starts.
func newClient(ctx context.Context, dir, url string) (*client, error) {
	c := &client{Client: resty.New(), recorder: new(wire.Recorder), base: &http.Transport{MaxIdleConnsPerHost: crowd}}
	store, err := openStore(ctx, dir)
	if err != nil {
		return nil, err
	}
	c.store = store
	network := slowNetwork{c.base}
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

// openStore opens the sealed files. The passphrase is in a file, so the tour asks for nothing.
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

// get requests /me and returns the status, or 0.
func (c *client) get(ctx context.Context) (status int, err error) {
	resp, err := c.R().SetContext(ctx).Get("/me")
	return resp.StatusCode(), err
}

// slowNetwork adds some latency, so that the bars can be seen.
type slowNetwork struct{ *http.Transport }

const latency = 12 * time.Millisecond

// RoundTrip waits for the latency and passes the request on.
func (f slowNetwork) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := wait(req.Context(), latency); err != nil {
		return nil, err
	}
	return f.Transport.RoundTrip(req)
}
