package chain

import (
	"context"
	"errors"
	"slices"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Errors of Install and Configure.
var (
	ErrInstalled = errors.New("chain: the client has a chain already; " +
		"add interceptors with Use, or Uninstall it first")
	ErrNotInstalled = errors.New("chain: the client has no chain; " +
		"Install one first, and again after SetTransport")
)

// Install lays the chain over the transport that client has now. Set proxy, TLS and certificates
// before, or later through [Configure]: resty's own setters only log a warning once a client has a
// transport that is not an [*http.Transport]. SetTransport and httpmock's ActivateNonDefault after
// Install remove the chain, and so does, at the first request, a SetDigestAuth before Install: call
// it after.
//
// Install also
//   - keeps resty's SetRetryCount from repeating what an interceptor rejected, and a bad status
//     that became an error. It still repeats a failure of the transport, even if an OnError
//     replaced its error with Next. Each repetition is a new call with [Config].MaxAttempts sends;
//   - sets the base URL of the client, if it has none, to that of the first interceptor with a
//     method BaseURL() string, because cookies and relative redirects are resolved above the
//     transport;
//   - makes [RestyRequest] work.
//
// A client and its clones share one transport and so one chain. A clone made before Install lacks
// the first and third of these, so clone after. Do not call Install while requests run.
//
// SetTimeout is one budget for all attempts of a call, the waits between them, and reading the
// body; net/http runs two more goroutines for it over any transport that is not its own.
// EnableTrace describes the last send of a call. Resty's debug log is written above the chain, so
// it does not show headers that interceptors add.
func (c *Chain) Install(client *resty.Client) error {
	if client == nil {
		return errors.New("chain: Install needs a resty client")
	}
	if _, ok := Installed(client); ok {
		return ErrInstalled
	}
	c.install(client, nil)
	addRetryCondition(client)
	client.OnBeforeRequest(remember)
	if client.BaseURL == "" {
		for _, i := range c.current().all {
			if u := baseURL(i); u != "" {
				client.SetBaseURL(u)
				break
			}
		}
	}
	return nil
}

// install lays the chain over the transport of client. What follows the transport that it had
// before, if anything, follows the new one.
func (c *Chain) install(client *resty.Client, follows *beneath) {
	rt := c.Transport(client.GetClient().Transport)
	if l, ok := rt.(layer); ok {
		t := l.layer()
		t.client = client.GetClient()
		if follows != nil {
			t.beneath = follows
			follows.base.Store(&t.base)
		}
	}
	client.SetTransport(rt)
}

// layer is what a chain's transports have in common.
type layer interface{ layer() *transport }

// Uninstall gives client back the transport beneath the chain, and reports whether there was a
// chain. A base URL that Install set stays.
func Uninstall(client *resty.Client) bool {
	t, ok := installed(client)
	if ok {
		client.SetTransport(t.base)
		client.RetryConditions = slices.DeleteFunc(client.RetryConditions, isRetryable)
	}
	return ok
}

// Installed returns the chain that is the transport of client.
func Installed(client *resty.Client) (*Chain, bool) {
	t, ok := installed(client)
	if !ok {
		return nil, false
	}
	return t.chain, true
}

func installed(client *resty.Client) (*transport, bool) {
	if client == nil {
		return nil, false
	}
	l, ok := client.GetClient().Transport.(layer)
	if !ok {
		return nil, false
	}
	return l.layer(), true
}

// Configure calls fn with the chain removed, so that SetProxy, SetTLSClientConfig,
// SetRootCertificate and the like have the transport they need, and lays the chain over whichever
// transport the client has then, even if fn panics. Do not call it while requests run.
func Configure(client *resty.Client, fn func(*resty.Client)) error {
	t, ok := installed(client)
	if !ok {
		return ErrNotInstalled
	}
	client.SetTransport(t.base)
	defer func() {
		if _, ok := installed(client); !ok { // fn may have installed one
			t.chain.install(client, t.beneath)
		}
	}()
	fn(client)
	return nil
}

// RestyRequest returns the resty request that req was made from: its path parameters, its result,
// its attempt. It reports false under any other client, and in a chain whose interceptors all say
// that they do not use it (UsesRestyRequest, see package interceptor).
func RestyRequest(req *interceptor.Request) (*resty.Request, bool) {
	r, ok := req.Context().Value(restyKey{}).(*resty.Request)
	return r, ok
}

type restyKey struct{}

// remember puts the resty request into its own context, the only way down to the transport. A resty
// retry calls it again with the context of the attempt before.
func remember(client *resty.Client, r *resty.Request) error {
	t, ok := installed(client)
	if ok && t.chain.current().asking && r.Context().Value(restyKey{}) != r {
		r.SetContext(context.WithValue(r.Context(), restyKey{}, r))
	}
	return nil
}
