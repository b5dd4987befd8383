package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
)

// deviceGrant is the grant type of RFC 8628, section 3.4.
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

const (
	defaultInterval = 5 * time.Second
	maxInterval     = time.Minute
	defaultLife     = 15 * time.Minute
	maxLife         = time.Hour
)

// DeviceConfig describes a login by [Device]. Both fields are required.
type DeviceConfig struct {
	// Client is the client that signs in.
	Client Client
	// Show shows the user where to sign in. An error ends the login.
	Show func(ctx context.Context, prompt DevicePrompt) error
}

// DevicePrompt tells the user where to sign in. All texts are printable.
type DevicePrompt struct {
	UserCode    string    // to be entered at URL
	URL         string    // where the user signs in with any browser
	CompleteURL string    // the same with the user code in it, for a link or a QR code; "" if none
	Expiry      time.Time // by the local clock
}

// Device signs the user in on another device (RFC 8628): Show gets a URL and a short code, and
// Device asks the provider until the user has signed in there. It waits between two requests as
// long as the provider wants, and longer after failures of the network.
//
// The error is an [*Error] if the provider refused, [ErrExpired] if the code has expired, or that
// of ctx.
func Device(ctx context.Context, cfg DeviceConfig) (auth.Token, error) {
	errs := []error{cfg.Client.check(map[string]string{
		"device authorization endpoint": cfg.Client.Provider.Endpoint.DeviceAuthURL,
		"token endpoint":                cfg.Client.Provider.Endpoint.TokenURL,
	})}
	if cfg.Show == nil {
		errs = append(errs, errors.New("login: DeviceConfig.Show is required; let it print the code and the URL"))
	}
	if err := errors.Join(errs...); err != nil {
		return auth.Token{}, err
	}
	d, err := cfg.Client.authorizeDevice(ctx)
	if err != nil {
		return auth.Token{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.life(), ErrExpired)
	defer cancel()
	prompt, err := d.prompt()
	if err != nil {
		return auth.Token{}, err
	}
	if err := cfg.Show(ctx, prompt); err != nil {
		return auth.Token{}, fmt.Errorf("login: showing the code: %w", err)
	}
	return cfg.Client.poll(ctx, d)
}

// deviceAuthorization is the response of RFC 8628, section 3.2.
type deviceAuthorization struct {
	DeviceCode  string  `json:"device_code"`
	UserCode    string  `json:"user_code"`
	URL         string  `json:"verification_uri"`
	OldURL      string  `json:"verification_url"` // Google
	CompleteURL string  `json:"verification_uri_complete"`
	ExpiresIn   seconds `json:"expires_in"`
	Interval    seconds `json:"interval"`
	Error       string  `json:"error"`
	Description string  `json:"error_description"`
}

// authorizeDevice asks for a device code.
func (c Client) authorizeDevice(ctx context.Context) (*deviceAuthorization, error) {
	form := c.form(map[string]string{"scope": strings.Join(c.Scopes, " "), "client_id": c.ID})
	resp, cancel, err := c.post(ctx, c.Provider.Endpoint.DeviceAuthURL, form)
	if err != nil {
		return nil, err
	}
	defer cancel()
	defer func() { _ = resp.Body.Close() }() // the body has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("login: reading the device code: %w", err)
	}
	d := new(deviceAuthorization)
	err = json.Unmarshal(body, d)
	switch {
	case err == nil && d.Error != "":
		return nil, newError(d.Error, d.Description, resp.StatusCode, c.Secret)
	case err != nil || d.DeviceCode == "" || d.UserCode == "" || resp.StatusCode/100 != 2:
		return nil, fmt.Errorf("login: asking for a device code got %s and no code; "+
			"check the provider's device authorization endpoint", statusOf(resp))
	}
	return d, nil
}

// life is how long the code is valid.
func (d *deviceAuthorization) life() time.Duration { return d.ExpiresIn.or(defaultLife, maxLife) }

// prompt returns what the user has to see. A URL that is neither https nor on loopback is refused:
// the user would sign in there.
func (d *deviceAuthorization) prompt() (DevicePrompt, error) {
	if d.URL == "" {
		d.URL = d.OldURL
	}
	p := DevicePrompt{
		UserCode: shown(d.UserCode, 100, nil),
		URL:      shown(d.URL, 2000, nil),
		Expiry:   time.Now().Add(d.life()),
	}
	if err := checkEndpoint("the provider's verification_uri", p.URL); err != nil {
		return DevicePrompt{}, err
	}
	if complete := shown(d.CompleteURL, 2000, nil); complete == d.CompleteURL && checkEndpoint("", complete) == nil {
		p.CompleteURL = complete
	}
	return p, nil
}

// poll asks for the token until the user has decided (RFC 8628, section 3.4).
func (c Client) poll(ctx context.Context, d *deviceAuthorization) (auth.Token, error) {
	interval := d.Interval.or(defaultInterval, maxInterval)
	wait := interval
	for {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return auth.Token{}, context.Cause(ctx)
		}
		token, err := c.token(ctx, c.form(map[string]string{"grant_type": deviceGrant, "device_code": d.DeviceCode}), d.DeviceCode)
		if err == nil {
			return token, nil
		}
		if ctx.Err() != nil {
			return auth.Token{}, context.Cause(ctx)
		}
		next, again := afterPoll(err, interval, wait)
		if !again {
			return auth.Token{}, err
		}
		if e, ok := errors.AsType[*Error](err); ok && e.Code == "slow_down" {
			interval = next
		}
		wait = next
	}
}

// afterPoll says whether and after which time to ask again: after the interval while the user has
// not decided, 5 seconds more from now on if the provider wants that (section 3.5), and after twice
// the last time if it was not reached or is overloaded.
func afterPoll(err error, interval, last time.Duration) (next time.Duration, again bool) {
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok && e.Code == "authorization_pending":
		return interval, true
	case ok && e.Code == "slow_down":
		return min(interval+5*time.Second, maxInterval), true
	case ok && (e.Status == http.StatusTooManyRequests || e.Status >= 500):
		return min(2*last, maxInterval), true
	case ok:
		return 0, false
	}
	return min(2*last, maxInterval), temporary(err)
}

// seconds is a duration that JSON writes as a number, or as a string with one in it.
type seconds float64

// UnmarshalJSON decodes either form; anything else is 0.
func (s *seconds) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err == nil {
		*s = seconds(f)
	}
	return nil
}

// or returns the duration, at most limit, or otherwise if it is not positive.
func (s seconds) or(otherwise, limit time.Duration) time.Duration {
	if !(s > 0) {
		return otherwise
	}
	if s > seconds(limit/time.Second) {
		return limit
	}
	return time.Duration(float64(s) * float64(time.Second))
}
