package keyring_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func TestUnescape(t *testing.T) {
	t.Parallel()
	for element, want := range map[string]string{
		"login": "login", "kdewallet": "kdewallet", "Default_5fkeyring": "Default_keyring", "my_20ring": "my ring",
		"_": "_", "a_": "a_", "a_5": "a_5", "a_zz": "a_zz", "a_5f": "a_", "_d0_ba": "к", "": "",
	} {
		if got := keyring.Unescape(element); got != want {
			t.Errorf("%q: %q, want %q", element, got, want)
		}
	}
}
