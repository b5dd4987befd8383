package login_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/login"
)

// Zero values are refused with an error where something is required, and never panic.
func TestZeroValue(t *testing.T) {
	t.Parallel()
	if _, err := login.Browser(t.Context(), login.BrowserConfig{}); err == nil {
		t.Error("BrowserConfig: no error")
	}
	if _, err := login.Device(t.Context(), login.DeviceConfig{}); err == nil {
		t.Error("DeviceConfig: no error")
	}
	if _, err := (&login.Provider{}).Register(t.Context(), login.Registration{}); err == nil {
		t.Error("Provider and Registration: no error")
	}
	if got := (&login.Client{}).OAuth2(); got.ClientID != "" {
		t.Errorf("Client: %v", got)
	}
	if got := (login.Client{}).String(); got != `login.Client("" at "")` {
		t.Errorf("Client: %s", got)
	}
	if got := (&login.Error{}).Error(); got != `login: the provider says ""` {
		t.Errorf("Error: %s", got)
	}
	if p := (login.DevicePrompt{}); p.CompleteURL != "" || !p.Expiry.IsZero() {
		t.Errorf("DevicePrompt: %v", p)
	}
}
