package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

const (
	// defaultRedirect is where the browser comes back to: any free port of the loopback address.
	defaultRedirect = "http://127.0.0.1/callback"
	// defaultTimeout is how long the user has for signing in.
	defaultTimeout = 5 * time.Minute
)

// BrowserConfig describes a login by [Browser]. Client is required.
type BrowserConfig struct {
	// Client is the client that signs in.
	Client Client
	// RedirectURL is where the provider sends the browser: http on 127.0.0.1, [::1] or localhost.
	// Without a port, or with port 0, a free one is chosen, which providers accept for loopback
	// addresses (RFC 8252, section 7.3); give a port if yours compares it. Default
	// "http://127.0.0.1/callback". Another URL needs NoBrowser and Paste.
	RedirectURL string
	// Open opens the browser. Its context ends when the response has arrived. Default
	// [OpenBrowser]. If it fails, the user is asked to open the URL, as with NoBrowser.
	Open func(ctx context.Context, url string) error
	// NoBrowser opens no browser. Use it over ssh.
	NoBrowser bool
	// Paste lets the user paste the address that the browser ends up at, or the code in it, when no
	// browser was opened here: a browser on another machine does not reach the loopback address.
	// It must return when its context ends, which happens when the browser did reach it. Default:
	// nothing is pasted.
	Paste func(ctx context.Context) (string, error)
	// Output gets the URL to open and what went wrong with a pasted text. Default [os.Stderr].
	Output io.Writer
	// Push pushes the authorization request (RFC 9126) even if the provider does not require it.
	Push bool
	// Timeout is how long the user has for signing in. Default 5 minutes. Then the error is
	// [ErrExpired].
	Timeout time.Duration
}

// Browser signs the user in with an authorization code (RFC 6749, section 4.1) in the user's
// browser, as RFC 8252 describes for programs on the user's machine, and returns the token.
//
// It listens on the loopback address for one response of the provider, and shows a plain page when
// the login has ended. The error is an [*Error] if the provider refused, [ErrExpired] after
// Timeout, or that of ctx.
func Browser(ctx context.Context, cfg BrowserConfig) (auth.Token, error) {
	redirect, err := cfg.prepare()
	if err != nil {
		return auth.Token{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.Timeout, ErrExpired)
	defer cancel()
	var l *listener
	if origin.IsLoopback(redirect.Hostname()) {
		if l, err = listen(ctx, redirect); err != nil {
			return auth.Token{}, err
		}
		defer l.close()
	}
	request := newAuthRequest(&cfg.Client, redirect.String())
	request.pushed = cfg.pushes()
	address, err := request.address(ctx)
	if err != nil {
		return auth.Token{}, err
	}
	response, err := cfg.wait(ctx, l, request, address)
	if err != nil {
		return auth.Token{}, err
	}
	token, err := request.exchange(ctx, response)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	response.finish(err)
	return token, err
}

// prepare checks the configuration, fills in the defaults and returns the redirect URL.
func (cfg *BrowserConfig) prepare() (*url.URL, error) {
	endpoints := map[string]string{
		"authorization endpoint": cfg.Client.Provider.Endpoint.AuthURL,
		"token endpoint":         cfg.Client.Provider.Endpoint.TokenURL,
	}
	if cfg.pushes() {
		endpoints["pushed authorization request endpoint"] = cfg.Client.Provider.PushedAuthorizationURL
	}
	u, err := cfg.redirect()
	errs := []error{cfg.Client.check(endpoints), err}
	if cfg.Timeout < 0 {
		errs = append(errs, fmt.Errorf("login: Timeout is %v; it must not be negative", cfg.Timeout))
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Open == nil {
		cfg.Open = OpenBrowser
	}
	if cfg.Output == nil {
		cfg.Output = os.Stderr
	}
	return u, errors.Join(errs...)
}

// pushes reports whether the authorization request is pushed.
func (cfg *BrowserConfig) pushes() bool { return cfg.Push || cfg.Client.Provider.RequirePush }

// redirect returns the redirect URL, if it is one that this login can use.
func (cfg *BrowserConfig) redirect() (*url.URL, error) {
	u, err := url.Parse(cmp.Or(cfg.RedirectURL, defaultRedirect))
	switch {
	case err != nil || u.Fragment != "" || u.RawQuery != "":
		return nil, errors.New("login: RedirectURL is not a URL without query and fragment")
	case u.Scheme == "http" && origin.IsLoopback(u.Hostname()):
		u.Path = cmp.Or(u.Path, "/")
	case !cfg.NoBrowser || cfg.Paste == nil:
		return nil, errors.New("login: RedirectURL must be http on 127.0.0.1, [::1] or localhost, " +
			"unless NoBrowser and Paste are set")
	}
	return u, nil
}

// wait opens the browser, or asks the user to do it, and waits for the response: from the listener,
// if there is one, or from the user.
func (cfg *BrowserConfig) wait(ctx context.Context, l *listener, request *authRequest, address string) (*response, error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{}) // closed when nothing is pasted any more
	defer func() {
		cancel()
		awaitPaste(ended)
	}()
	if l != nil {
		l.expect(request)
	}
	opened := !cfg.NoBrowser && cfg.Open(ctx, address) == nil
	var pasted <-chan pasteResult
	if opened {
		cfg.say("Sign in with your browser. If it has not opened, go to\n\n  %s\n\n", address)
	} else {
		cfg.say("To sign in, open this address in a browser:\n\n  %s\n\n", address)
		if cfg.Paste != nil {
			cfg.say("If the browser ends at a page that cannot be reached, paste its address here.\n")
			pasted = cfg.paste(ctx, request, ended)
		}
	}
	if pasted == nil {
		close(ended)
	}
	for {
		select {
		case r := <-l.responses():
			return r, nil
		case r := <-pasted:
			if r.err == nil {
				return r.response, nil
			}
			if l == nil || !errors.Is(r.err, io.EOF) {
				return nil, r.err
			}
			pasted = nil // nothing can be pasted; the browser may still come
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// say writes to the user. If that fails the login goes on.
func (cfg *BrowserConfig) say(format string, args ...any) {
	_, _ = fmt.Fprintf(cfg.Output, format, args...)
}
