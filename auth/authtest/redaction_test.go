package authtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// everyForm prints a value in every way that comes to mind.
func everyForm(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb+"\n", v)
	}
	fmt.Fprintln(&b, v)
	slog.New(slog.NewJSONHandler(&b, nil)).LogAttrs(t.Context(), slog.LevelInfo, "x", slog.Any("v", v))
	slog.New(slog.NewTextHandler(&b, nil)).LogAttrs(t.Context(), slog.LevelInfo, "x", slog.Any("v", v))
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		fmt.Fprintln(&b, err) // a Config holds a function
	}
	return b.String()
}

func TestSecrets_are_never_printed(t *testing.T) {
	t.Parallel()
	users := authtest.Secrets{"bob": "hunter2", "alice": "hunter2"}
	s := newServer(t, authtest.Config{Users: users, Clients: authtest.Secrets{"app": "hunter2"}})
	p := s.Issue("bob")
	hex := fmt.Sprintf("%x", "hunter2")
	for name, v := range map[string]any{
		"Secrets": users, "pointer to Secrets": &users, "TokenPair": p, "pointer to TokenPair": &p,
		"TokenPairs": []authtest.TokenPair{p}, "Server": s, "Config": authtest.Config{Users: users, Clients: users},
	} {
		said := everyForm(t, v)
		for _, secret := range []string{"hunter2", hex, p.AccessToken, p.RefreshToken} {
			if strings.Contains(said, secret) {
				t.Errorf("%s is printed with a secret:\n%s", name, said)
			}
		}
	}
	if got := fmt.Sprint(users); got != `Secrets["alice" "bob"]` {
		t.Errorf("Secrets print as %s", got)
	}
	if got, want := fmt.Sprint(p), "TokenPair{REDACTED, expires "+p.Expiry.Format(time.RFC3339)+"}"; got != want {
		t.Errorf("a TokenPair prints as %s, want %s", got, want)
	}
	if got := fmt.Sprintf("%+v", s); got != "authtest.Server("+s.URL+")" {
		t.Errorf("a Server prints as %s", got)
	}
}
