package profile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/dpop"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// connections is the number of idle connections that a storm keeps.
const connections = 256

// Options say how to open a profile.
type Options struct {
	// Server is how the server wants to be spoken to.
	Server Server
	// Keyring is where the session is. Nil: in memory only.
	Keyring *keyring.Config
	// Recorder records the requests.
	Recorder *wire.Recorder
	// HAR records calls for the network panel of a browser. Nil: none.
	HAR *har.Recorder
	// OnEvent is called with the events of the session.
	OnEvent func(auth.Event)
	// Logger gets the session's records. Nil: none.
	Logger *slog.Logger
	// Timeout bounds connecting, the wait for the header of a response, and closing. Reading a body
	// may take longer.
	Timeout time.Duration
}

// Profile is an open session. Close it.
type Profile struct {
	Server  Server
	Store   *keyring.Store // nil: in memory
	Session *auth.Interceptor
	Client  *resty.Client

	base     *http.Transport
	recorder *wire.Recorder
	har      *har.Recorder // nil: none
	secret   string        // of the OAuth client
	key      *dpop.Key     // that logins bind their tokens to; nil: none
	timeout  time.Duration
}

// ErrConfig is a configuration that cannot work.
var ErrConfig = errors.New("the configuration")

// Open opens the keyring and installs the session on a client.
func Open(ctx context.Context, o Options) (*Profile, error) {
	p := &Profile{Server: o.Server.WithDefaults(), recorder: o.Recorder, har: o.HAR, timeout: o.Timeout}
	if p.recorder == nil {
		p.recorder = new(wire.Recorder)
	}
	if err := p.readSecret(); err != nil {
		return nil, fmt.Errorf("%w: client_secret_file: %w", ErrConfig, err)
	}
	p.base = &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: connections,
		DialContext: (&net.Dialer{Timeout: o.Timeout}).DialContext, TLSHandshakeTimeout: o.Timeout,
		ResponseHeaderTimeout: o.Timeout, IdleConnTimeout: o.Timeout,
	}
	c, err := p.config(o)
	if err != nil {
		return nil, err
	}
	if p.Server.DPoP {
		if p.key, err = dpop.NewKey(); err != nil {
			return nil, err
		}
	}
	if o.Keyring != nil {
		if p.Store, err = keyring.Open(ctx, *o.Keyring); err != nil {
			return nil, err
		}
		c.Store = p.Store
	}
	if p.Session, err = auth.New(c); err != nil {
		if p.Store != nil {
			err = errors.Join(err, p.Store.Close())
		}
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	p.Client = resty.New().SetTransport(p.transport(wire.Request, ""))
	all := chain.New()
	if p.har != nil {
		all.Use(p.har)
	}
	all.Use(p.Session, p.recorder)
	if err := all.Install(p.Client); err != nil {
		return nil, errors.Join(err, p.Close(ctx))
	}
	return p, nil
}

// transport returns one that notes what passes: requests with the role, which are sent for the
// cause.
func (p *Profile) transport(role wire.Role, cause string) http.RoundTripper {
	var base http.RoundTripper = p.base
	if p.har != nil {
		base = p.har.Transport(base, cause)
	}
	if len(p.Server.Headers) > 0 {
		base = headers{p.Server, base}
	}
	return p.recorder.Transport(role, base)
}

// Check returns what is wrong with s, without opening or sending anything.
func (s Server) Check() error {
	p := &Profile{Server: s.WithDefaults(), recorder: new(wire.Recorder), base: new(http.Transport)}
	c, err := p.config(Options{})
	if err != nil {
		return err
	}
	if _, err := auth.New(c); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return nil
}

// config is that of the session, without its store.
func (p *Profile) config(o Options) (auth.Config, error) {
	s := p.Server
	c := auth.Config{
		BaseURL:           s.BaseURL,
		AllowedOrigins:    s.AllowedOrigins,
		Account:           s.Origin(), // so a session never goes to a server it is not from
		OnEvent:           o.OnEvent,
		Logger:            o.Logger,
		InsecureAllowHTTP: s.InsecureAllowHTTP,
	}
	var err error
	if c.Refresher, err = p.refresher(); err != nil {
		return c, err
	}
	if c.Revoke, err = p.revoke(); err != nil {
		return c, err
	}
	if s.DPoP {
		c.Prover = dpop.New()
	}
	c.ShouldRefresh = s.shouldRefresh()
	return c, s.checkHeaders()
}

// shouldRefresh recognizes a rejected token. Nil is the default of the session.
func (s Server) shouldRefresh() func(*interceptor.Response) bool {
	statuses := s.ExpiredStatus
	switch {
	case s.ExpiredMessage == "" && len(statuses) == 0:
		return nil
	case s.ExpiredMessage == "":
		return auth.StatusIn(statuses...)
	case len(statuses) == 0:
		statuses = Statuses{http.StatusUnauthorized}
	}
	return func(r *interceptor.Response) bool {
		return slices.Contains(statuses, r.StatusCode) && auth.StatusWithMessage(r.StatusCode, s.ExpiredMessage)(r)
	}
}

// checkHeaders refuses headers that the session or the connection sets.
func (s Server) checkHeaders() error {
	for name := range s.Headers {
		switch http.CanonicalHeaderKey(name) {
		case "Authorization", "Cookie", "Host", "Content-Length", "Transfer-Encoding", "Connection", "":
			return fmt.Errorf("%w: headers: %q cannot be set; the session signs requests", ErrConfig, name)
		}
	}
	return nil
}

// Close finishes a refresh that is under way, also after an interrupt: a token that the server has
// just issued must be saved.
func (p *Profile) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.timeout)
	defer cancel()
	err := p.Session.Close(ctx)
	p.base.CloseIdleConnections()
	if p.Store != nil {
		err = errors.Join(err, p.Store.Close())
	}
	return err
}
