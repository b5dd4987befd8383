package authtest

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// deviceTTL is the life of a device code.
const deviceTTL = 10 * time.Minute

// deviceGrant is one device authorization (RFC 8628).
type deviceGrant struct {
	userCode, client, scope string
	expires                 time.Time
	interval                time.Duration
	polled                  time.Time
	user                    string // who approved it, "" so far
	denied                  bool
}

// deviceAuthorization serves POST /oauth/device_authorization (RFC 8628, section 3.1).
func (s *Server) deviceAuthorization(w http.ResponseWriter, r *http.Request) {
	form, client, problem := s.clientForm(w, r)
	if problem != nil {
		problem.write(w)
		return
	}
	page := s.config().Issuer + "/oauth/device"
	code, d := s.newDevice(r, client, form.Get("scope"))
	noStore(w)
	writeJSON(w, http.StatusOK, map[string]any{
		"device_code":               code,
		"user_code":                 d.userCode,
		"verification_uri":          page,
		"verification_uri_complete": page + "?user_code=" + url.QueryEscape(d.userCode),
		"expires_in":                int(deviceTTL / time.Second),
		"interval":                  max(1, int(d.interval/time.Second)),
	})
}

// newDevice makes a device code.
func (s *Server) newDevice(r *http.Request, client, scope string) (code string, d deviceGrant) {
	s.mu.Lock()
	defer s.unlock()
	text := rand.Text()
	code, d = "dc-"+rand.Text(), deviceGrant{
		userCode: text[:4] + "-" + text[4:8], client: client, scope: scope,
		expires: s.clock().Add(deviceTTL), interval: s.cfg.DeviceInterval,
	}
	held := d
	s.tokens.devices[code] = &held
	s.record(Event{Kind: EventDevice, Method: r.Method, Path: r.URL.Path, Status: http.StatusOK}, nil)
	return code, d
}

// devicePage serves /oauth/device, the page where a human would enter the user code. As with
// /oauth/authorize, Config.BrowserUser agrees at once.
func (s *Server) devicePage(w http.ResponseWriter, r *http.Request) {
	cfg := s.config()
	code := r.FormValue("user_code")
	var err error
	if cfg.DenyAuthorization {
		err = s.DenyDevice(code)
	} else {
		err = s.ApproveDevice(code, cfg.BrowserUser)
	}
	if err != nil {
		writeMessage(w, http.StatusBadRequest, "Unknown or expired code; give it as ?user_code=")
		return
	}
	writeMessage(w, http.StatusOK, "Done. You can go back to your device")
}

// ApproveDevice lets the user approve the device that shows the user code, as on the page of
// [RFC 8628, section 3.3]. The error says that the code is unknown or expired. Case and hyphens
// do not matter.
//
// [RFC 8628, section 3.3]: https://www.rfc-editor.org/rfc/rfc8628#section-3.3
func (s *Server) ApproveDevice(userCode, user string) error {
	return s.decideDevice(userCode, func(d *deviceGrant) { d.user = user })
}

// DenyDevice lets the user refuse the device that shows the user code.
func (s *Server) DenyDevice(userCode string) error {
	return s.decideDevice(userCode, func(d *deviceGrant) { d.denied = true })
}

func (s *Server) decideDevice(userCode string, decide func(*deviceGrant)) error {
	plain := func(code string) string { return strings.ToUpper(strings.ReplaceAll(code, "-", "")) }
	s.mu.Lock()
	defer s.unlock()
	for _, d := range s.tokens.devices {
		if plain(d.userCode) == plain(userCode) && s.clock().Before(d.expires) {
			decide(d)
			s.record(Event{Kind: EventAuthorize, User: d.user, Note: "device"}, nil)
			return nil
		}
	}
	return errors.New("authtest: no device is waiting with this user code")
}

// redeemDevice is the grant of RFC 8628, section 3.4. The caller holds the lock.
func (s *Server) redeemDevice(form url.Values, client, thumbprint string) (*issued, *oauthError) {
	code := form.Get("device_code")
	d, ok := s.tokens.devices[code]
	now := s.clock()
	switch {
	case !ok || d.client != client:
		return nil, invalidGrant("unknown device_code")
	case !now.Before(d.expires):
		return nil, &oauthError{code: "expired_token", description: "the device_code is expired"}
	case d.denied:
		delete(s.tokens.devices, code)
		return nil, &oauthError{code: "access_denied", description: "the user refused"}
	case !d.polled.IsZero() && now.Sub(d.polled) < d.interval:
		d.polled = now
		d.interval += 5 * time.Second // section 3.5
		return nil, &oauthError{code: "slow_down", description: "add 5 seconds to the interval"}
	}
	d.polled = now
	if d.user == "" {
		return nil, &oauthError{code: "authorization_pending", description: "the user has not decided yet"}
	}
	delete(s.tokens.devices, code)
	g := s.tokens.open(&login{user: d.user, client: client, scope: d.scope, thumbprint: thumbprint}, now, &s.cfg)
	return &g, nil
}
