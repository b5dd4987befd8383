package keyring_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// The zero value of each exported type returns an error that says it is not usable, and does not
// panic. Config is in TestConfigIsChecked.
func TestZeroValues(t *testing.T) {
	t.Parallel()
	var s keyring.Store
	_, err := s.Load(t.Context(), "x")
	for what, err := range map[string]error{
		"Load":    err,
		"Update":  s.Update(t.Context(), "x", nil),
		"Replace": s.Replace(t.Context(), "x", nil),
		"Remove":  s.Remove(t.Context(), "x"),
		"Purge":   s.Purge(t.Context()),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	for key, err := range s.Keys(t.Context()) {
		if err == nil {
			t.Errorf("Keys yielded %q", key)
		}
	}
	if s.Backend() != "" || s.Close() != nil || s.String() != "keyring.Store(not opened)" {
		t.Errorf("%q, %v", s.Backend(), &s)
	}
	var e keyring.Error
	if e.Error() != "keyring" || len(e.Unwrap()) != 0 {
		t.Errorf("%v, %v", &e, e.Unwrap())
	}
	if err := keyring.Move(t.Context(), keyring.Config{}, keyring.Config{}); err == nil {
		t.Error("Move took the zero config")
	}
}
