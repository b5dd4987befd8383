// Package profile is a session of the demo at one server: how the server wants to be spoken to, where the session is stored, and
// the client that uses it.
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
	"slices"
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

// Server says how to talk to a server. It is what a configuration file holds, and what a login remembers. It has no secrets in it.
// Its defaults are those of `demo serve`.
type Server struct {
	BaseURL        string   `json:"base_url,omitempty"`
	AllowedOrigins []string `json:"allowed_origins,omitempty"`
	// Dialect is how tokens are asked for: rest (JSON) or oauth2 (RFC 6749).
	Dialect string `json:"dialect,omitempty"`

	// The endpoints, relative to BaseURL or absolute: of rest, of oauth2, and of both.
	LoginURL   string `json:"login_url,omitempty"`
	RefreshURL string `json:"refresh_url,omitempty"`
	TokenURL   string `json:"token_url,omitempty"`
	RevokeURL  string `json:"revoke_url,omitempty"`

	// The names of members, for rest.
	UserField     string `json:"user_field,omitempty"`
	PasswordField string `json:"password_field,omitempty"`
	AccessField   string `json:"access_field,omitempty"`
	RefreshField  string `json:"refresh_field,omitempty"`

	// The client, for oauth2 and the revocation.
	ClientID         string   `json:"client_id,omitempty"`
	ClientSecretFile string   `json:"client_secret_file,omitempty"`
	Scopes           []string `json:"scopes,omitempty"`

	// ExpiredStatus and ExpiredMessage tell a refused token, if that is not simply a 401.
	ExpiredStatus  int    `json:"expired_status,omitempty"`
	ExpiredMessage string `json:"expired_message,omitempty"`

	InsecureAllowHTTP bool `json:"insecure_allow_http,omitempty"`
}

const maxServerFile = 64 << 10

// ReadServer reads a configuration file. What it does not know is an error: a misspelled name must not be ignored.
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
		return Server{}, fmt.Errorf("%s: there is something after the object", path)
	}
	return s, nil
}

// Over returns other with every field of s that is set laid over it.
func (s Server) Over(other Server) (Server, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return Server{}, err
	}
	other.AllowedOrigins, other.Scopes = slices.Clone(other.AllowedOrigins), slices.Clone(other.Scopes)
	err = json.Unmarshal(data, &other)
	return other, err
}

// WithDefaults returns s with its defaults filled in.
func (s Server) WithDefaults() Server {
	s.BaseURL = strings.TrimRight(cmp.Or(s.BaseURL, DefaultBaseURL), "/")
	s.Dialect = cmp.Or(s.Dialect, REST)
	s.LoginURL = cmp.Or(s.LoginURL, "/auth/login")
	s.RefreshURL = cmp.Or(s.RefreshURL, "/auth/refresh")
	s.TokenURL = cmp.Or(s.TokenURL, "/oauth/token")
	s.RevokeURL = cmp.Or(s.RevokeURL, "/oauth/revoke")
	s.UserField = cmp.Or(s.UserField, "username")
	s.PasswordField = cmp.Or(s.PasswordField, "password")
	return s
}

// Origin returns scheme, host and port of the base URL: a session belongs to one. It is "" if the URL has none.
func (s Server) Origin() string {
	_, o, err := origin.Parse(s.BaseURL)
	if err != nil {
		return ""
	}
	return o.String()
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
