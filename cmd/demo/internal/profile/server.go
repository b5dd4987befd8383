// Package profile is a session of the demo at one server: how the server wants to be spoken to,
// where the session is stored, and the client that uses it.
package profile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// The dialects.
const (
	REST   = "rest"
	OAuth2 = "oauth2"
)

// DefaultBaseURL is where `demo serve` listens.
const DefaultBaseURL = "http://127.0.0.1:8080"

// Nowhere turns the revocation off.
const Nowhere = "none"

// Server says how to talk to a server. It is what a configuration file holds, and what a login
// remembers. It has no secrets in it. Its defaults are those of `demo serve`.
type Server struct {
	BaseURL        string   `json:"base_url,omitempty"`
	AllowedOrigins []string `json:"allowed_origins,omitempty"`
	// Dialect is how tokens are asked for: rest (JSON) or oauth2 (RFC 6749).
	Dialect string `json:"dialect,omitempty"`
	// Issuer is the provider that a login discovers the endpoints of (OpenID Connect, RFC 8414).
	Issuer string `json:"issuer,omitempty"`

	// The endpoints, relative to BaseURL or absolute: of rest, of oauth2, and of both. Tokens are
	// revoked only at a URL that is configured or that the server has published.
	LoginURL         string `json:"login_url,omitempty"`
	RefreshURL       string `json:"refresh_url,omitempty"`
	AuthorizationURL string `json:"authorization_url,omitempty"`
	DeviceURL        string `json:"device_url,omitempty"`
	TokenURL         string `json:"token_url,omitempty"`
	RevokeURL        string `json:"revoke_url,omitempty"`

	// The names of members, for rest.
	UserField     string `json:"user_field,omitempty"`
	PasswordField string `json:"password_field,omitempty"`
	AccessField   string `json:"access_field,omitempty"`
	RefreshField  string `json:"refresh_field,omitempty"`
	// UseAccessToken refreshes with the access token, for servers without refresh tokens.
	UseAccessToken bool `json:"use_access_token,omitempty"`

	// The client, for oauth2 and the revocation.
	ClientID         string   `json:"client_id,omitempty"`
	ClientSecretFile string   `json:"client_secret_file,omitempty"`
	AuthStyle        string   `json:"auth_style,omitempty"` // header or params
	Scopes           []string `json:"scopes,omitempty"`
	RedirectURL      string   `json:"redirect_url,omitempty"`
	// DPoP binds the tokens to a key of the session (RFC 9449).
	DPoP bool `json:"dpop,omitempty"`
	// Params are further parameters of logins and refreshes, such as audience and resource.
	Params Pairs `json:"params,omitempty"`

	// Headers are sent with every request to the server, such as a public API key.
	Headers Pairs `json:"headers,omitempty"`
	// DeadCodes are further error codes that mean that the refresh token is dead.
	DeadCodes []string `json:"dead_codes,omitempty"`
	// ExpiredStatus and ExpiredMessage identify a rejected token, if that is not simply a 401.
	ExpiredStatus  Statuses `json:"expired_status,omitempty"`
	ExpiredMessage string   `json:"expired_message,omitempty"`

	InsecureAllowHTTP bool `json:"insecure_allow_http,omitempty"`
}

// Pairs are names with their values.
type Pairs map[string]string

// Statuses are status codes. In JSON, one of them may stand alone.
type Statuses []int

// UnmarshalJSON reads a number or a list of numbers.
func (s *Statuses) UnmarshalJSON(data []byte) error {
	var one int
	if json.Unmarshal(data, &one) == nil {
		*s = Statuses{one}
		return nil
	}
	var many []int
	if err := json.Unmarshal(data, &many); err != nil {
		return errors.New("expired_status is a status or a list of them")
	}
	*s = many
	return nil
}

const maxServerFile = 64 << 10

// ReadServer reads a configuration file. A member that it does not know is an error: a misspelled
// name must not be ignored.
func ReadServer(path string) (Server, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return Server{}, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxServerFile+1))
	if err != nil {
		return Server{}, err
	}
	if len(data) > maxServerFile {
		return Server{}, fmt.Errorf("%s is longer than 64 KiB", path)
	}
	var s Server
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Server{}, fmt.Errorf("%s: %w", path, errors.New(strings.TrimPrefix(err.Error(), "json: ")))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Server{}, fmt.Errorf("%s: there is more than one object", path)
	}
	return s, nil
}

// WithDefaults returns s with its defaults filled in.
func (s Server) WithDefaults() Server {
	s.BaseURL = strings.TrimRight(cmp.Or(s.BaseURL, s.Issuer, DefaultBaseURL), "/")
	if s.Issuer != "" {
		s.Dialect = cmp.Or(s.Dialect, OAuth2)
	}
	s.Dialect = cmp.Or(s.Dialect, REST)
	s.LoginURL = cmp.Or(s.LoginURL, "/auth/login")
	s.RefreshURL = cmp.Or(s.RefreshURL, "/auth/refresh")
	s.TokenURL = cmp.Or(s.TokenURL, "/oauth/token")
	s.UserField = cmp.Or(s.UserField, "username")
	s.PasswordField = cmp.Or(s.PasswordField, "password")
	return s
}

// Origin returns scheme, host and port of the base URL: a session belongs to one. It is "" if the
// URL has none.
func (s Server) Origin() string {
	_, o, err := origin.Parse(s.BaseURL)
	if err != nil {
		return ""
	}
	return o.String()
}

// Allows reports whether a request to raw, a path or a URL, carries the token. If not, it returns
// the origin.
func (s Server) Allows(raw string) (to string, ok bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "", true
	}
	_, o, err := origin.Parse(raw)
	if err != nil {
		return "", true
	}
	for _, allowed := range append([]string{s.BaseURL}, s.AllowedOrigins...) {
		if _, a, err := origin.Parse(allowed); err == nil && a == o {
			return "", true
		}
	}
	return o.String(), false
}

// Loopback reports whether the server is on this machine.
func (s Server) Loopback() bool {
	_, o, err := origin.Parse(s.BaseURL)
	return err == nil && o.Loopback()
}

// endpoint resolves the URL of an endpoint that secrets are sent to.
func (s Server) endpoint(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("the URL of an endpoint: %w", err)
	}
	if u.Host == "" {
		if u, err = url.Parse(s.BaseURL + "/" + strings.TrimLeft(raw, "/")); err != nil {
			return "", fmt.Errorf("the URL of an endpoint: %w", err)
		}
	}
	u, o, err := origin.Parse(u.String())
	if err != nil {
		return "", fmt.Errorf("the URL of an endpoint %w", err)
	}
	if !o.Secure() && !s.InsecureAllowHTTP {
		return "", fmt.Errorf("%s is not https: everyone on the network could read what is sent there", u.Redacted())
	}
	return u.String(), nil
}
