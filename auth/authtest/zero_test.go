package authtest_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// The zero values of the exported structs are usable as documented, or at least printable.
func TestZeroValue(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	if s.Issue("bob").AccessToken == "" {
		t.Error("Config: no token")
	}
	if got := (authtest.Event{}).String(); got != "        " {
		t.Errorf("Event: %q", got)
	}
	if got := authtest.Timeline(nil).String() + authtest.Timeline(nil)[:0].String(); got != "" {
		t.Errorf("Timeline: %q", got)
	}
	if kinds := authtest.Timeline(nil).Kinds(); len(kinds) != 0 {
		t.Errorf("Timeline: %v", kinds)
	}
	for name, v := range map[string]any{
		"Server": &authtest.Server{}, "Foreign": &authtest.Foreign{}, "Secrets": authtest.Secrets(nil),
		"Echo": authtest.Echo{}, "User": authtest.User{}, "TokenPair": authtest.TokenPair{},
		"Stats": authtest.Stats{}, "Leak": authtest.Leak{},
	} {
		if everyForm(t, v) == "" {
			t.Errorf("%s prints nothing", name)
		}
	}
}
