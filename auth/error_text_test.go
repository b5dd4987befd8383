package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestErrorText_once: whoever shows the error, it names method and URL once, in one line, with the
// status of the response and the reason.
func TestErrorText_once(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.RevokeAll()
	client := resty.New()
	if err := chain.New(f.session).Install(client); err != nil {
		t.Fatal(err)
	}
	url := f.URL + "/me"
	for name, send := range map[string]func() error{
		"net/http": func() error {
			_, _, err := f.get(t.Context(), url)
			return err
		},
		"resty": func() error {
			_, err := client.R().Get("/me")
			return err
		},
		"the error within": func() error {
			_, _, err := f.get(t.Context(), url)
			e, _ := errors.AsType[*interceptor.Error](err)
			return e
		},
	} {
		err := send()
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		text := err.Error()
		if strings.Count(text, url) != 1 || strings.Count(strings.ToUpper(text), "GET ") != 1 || strings.Contains(text, "\n") {
			t.Errorf("%s: %s", name, text)
		}
		for _, part := range []string{"401 Unauthorized", "login required", "the server ended the session"} {
			if strings.Count(text, part) != 1 {
				t.Errorf("%s: %s does not say %q once", name, text, part)
			}
		}
	}
}
