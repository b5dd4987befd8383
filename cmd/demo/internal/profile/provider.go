package profile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/login"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// publishTimeout bounds the wait for what a server publishes about itself, if it may publish
// nothing.
const publishTimeout = 3 * time.Second

// Discover fills in what the provider at s.Issuer publishes, where s does not say otherwise.
func (s Server) Discover(ctx context.Context, r *wire.Recorder) (Server, error) {
	found, err := login.Discover(discovery(ctx, r), s.Issuer)
	if err != nil {
		return s, err
	}
	s.AuthorizationURL = cmp.Or(s.AuthorizationURL, found.Endpoint.AuthURL)
	s.DeviceURL = cmp.Or(s.DeviceURL, found.Endpoint.DeviceAuthURL)
	s.TokenURL = cmp.Or(s.TokenURL, found.Endpoint.TokenURL)
	s.RevokeURL = cmp.Or(s.RevokeURL, found.RevocationURL)
	if s.AuthStyle == "" && found.Endpoint.AuthStyle == oauth2.AuthStyleInParams {
		s.AuthStyle = AuthParams
	}
	if len(s.Scopes) == 0 {
		for _, scope := range []string{"openid", "offline_access"} {
			if len(found.Scopes) == 0 || slices.Contains(found.Scopes, scope) {
				s.Scopes = append(s.Scopes, scope)
			}
		}
	}
	return s, nil
}

// Published returns s with the revocation endpoint that the server publishes (RFC 8414), if s has
// none and the server publishes one at its own origin. Nothing is posted anywhere.
func (s Server) Published(ctx context.Context, r *wire.Recorder) Server {
	if s.RevokeURL != "" {
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	found, err := login.Discover(discovery(ctx, r), cmp.Or(s.Issuer, s.BaseURL))
	if err != nil || found.RevocationURL == "" {
		return s
	}
	_, there, err := origin.Parse(found.RevocationURL)
	if err == nil && there.String() == s.Origin() {
		s.RevokeURL = found.RevocationURL
	}
	return s
}

// discovery lets package login send its requests where they are recorded.
func discovery(ctx context.Context, r *wire.Recorder) context.Context {
	base := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: r.Transport(wire.Discovery, base)})
}

// A Flow is a way to sign in at a provider without giving the program a password.
type Flow struct {
	// Device signs in on another device (RFC 8628). Otherwise a browser is used.
	Device bool
	// NoBrowser opens no browser; the user opens the URL and pastes the result.
	NoBrowser bool
	// Paste reads what the user pastes. Nil: nothing is pasted.
	Paste func(context.Context) (string, error)
	// Output gets what the user is to do.
	Output io.Writer
	// Show shows the code of a login on another device.
	Show func(context.Context, login.DevicePrompt) error
}

// LoginAt signs in at the provider and begins a session.
func (p *Profile) LoginAt(ctx context.Context, f Flow) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	asked := wire.As(ctx, wire.Login)
	var t auth.Token
	if f.Device {
		t, err = login.Device(asked, login.DeviceConfig{Client: client, Show: f.Show})
	} else {
		t, err = login.Browser(asked, login.BrowserConfig{
			Client: client, RedirectURL: p.Server.RedirectURL, NoBrowser: f.NoBrowser, Paste: f.Paste, Output: f.Output,
		})
	}
	if err != nil {
		return err
	}
	return p.begin(ctx, t)
}

// CheckFlow returns what a login at the provider lacks, before anything is sent.
func (s Server) CheckFlow(f Flow) error {
	need := map[string]string{"client_id": s.ClientID, "token_url": s.TokenURL, "authorization_url": s.AuthorizationURL}
	if f.Device {
		delete(need, "authorization_url")
		need["device_url"] = s.DeviceURL
	}
	var errs []error
	for _, name := range []string{"client_id", "authorization_url", "device_url", "token_url"} {
		if value, needed := need[name]; needed && value == "" {
			errs = append(errs, fmt.Errorf("%w: %s is missing", ErrConfig, name))
		}
	}
	if u, err := url.Parse(s.Issuer); s.Issuer != "" && (err != nil || u.Host == "") {
		errs = append(errs, fmt.Errorf("%w: issuer is not a URL", ErrConfig))
	}
	return errors.Join(errs...)
}
