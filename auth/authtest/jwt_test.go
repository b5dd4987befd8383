package authtest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// decodeJWT returns the header and the payload of a JWT.
func decodeJWT(t *testing.T, token string) (header, payload map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts, want the 3 of a JWT", len(parts))
	}
	for i, m := range []*map[string]any{&header, &payload} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, m); err != nil {
			t.Fatal(err)
		}
	}
	return header, payload
}

func TestServer_access_token_claims(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{AccessTTL: time.Minute})
	header, payload := decodeJWT(t, s.Issue("bob").AccessToken)
	if header["alg"] != "HS256" || header["typ"] != "JWT" {
		t.Errorf("header %v", header)
	}
	iat, _ := payload["iat"].(float64)
	exp, _ := payload["exp"].(float64)
	if payload["iss"] != s.URL || payload["sub"] != "bob" || payload["sid"] != "s1" || exp-iat != 60 {
		t.Errorf("payload %v", payload)
	}
	if id, _ := payload["jti"].(string); id == "" {
		t.Errorf("jti %v", payload["jti"])
	}
}

// A token with another payload, another signature or none is unknown.
func TestServer_refuses_forged_tokens(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	parts := strings.Split(s.Issue("bob").AccessToken, ".")
	other := strings.Split(s.Issue("carol").AccessToken, ".")
	for _, forged := range []string{
		parts[0] + "." + other[1] + "." + parts[2],
		parts[0] + "." + parts[1] + ".",
		"eyJhbGciOiJub25lIn0." + parts[1] + ".",
	} {
		me(t, s, http.StatusUnauthorized, forged)
	}
}

func TestConfig_Issuer(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Issuer: "https://id.example.test"})
	if _, payload := decodeJWT(t, s.Issue("bob").AccessToken); payload["iss"] != "https://id.example.test" {
		t.Errorf("iss %v", payload["iss"])
	}
}

func TestConfig_OpaqueTokens(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{OpaqueTokens: true})
	p := s.Issue("bob")
	if strings.Count(p.AccessToken, ".") == 2 {
		t.Error("the access token is a JWT")
	}
	me(t, s, http.StatusOK, p.AccessToken)
}
