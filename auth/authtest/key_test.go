package authtest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// publicKey reads the published key, and checks its id against RFC 7638.
func publicKey(t *testing.T, s *authtest.Server) (key crypto.PublicKey, kid, alg string) {
	t.Helper()
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	a := call(t, s, http.StatusOK, http.MethodGet, "/.well-known/jwks.json", "", nil)
	if err := json.Unmarshal([]byte(a.body), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("%s: %v", a.body, err)
	}
	k := set.Keys[0]
	number := func(name string) *big.Int { return new(big.Int).SetBytes(raw(t, k[name])) }
	var canonical string
	switch k["kty"] {
	case "EC":
		point := slices.Concat([]byte{4}, raw(t, k["x"]), raw(t, k["y"]))
		var err error
		if key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err != nil {
			t.Fatal(err)
		}
		canonical = fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":%q,"y":%q}`, k["x"], k["y"])
	case "RSA":
		key = &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
		canonical = fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, k["e"], k["n"])
	case "OKP":
		key = ed25519.PublicKey(raw(t, k["x"]))
		canonical = fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":%q}`, k["x"])
	}
	sum := sha256.Sum256([]byte(canonical))
	if want := base64.RawURLEncoding.EncodeToString(sum[:]); k["kid"] != want {
		t.Errorf("kid %q, want the thumbprint %q", k["kid"], want)
	}
	if k["use"] != "sig" {
		t.Errorf("use %q", k["use"])
	}
	return key, k["kid"], k["alg"]
}

func raw(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestServer_signs_access_tokens(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"", "ES256", "RS256", "EdDSA"} {
		t.Run("algorithm "+algorithm, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, authtest.Config{Algorithm: algorithm, AccessTTL: time.Minute})
			key, kid, alg := publicKey(t, s)
			if algorithm != "" && alg != algorithm {
				t.Errorf("alg %q", alg)
			}
			var claims jwt.MapClaims
			token, err := jwt.ParseWithClaims(s.Issue("bob").AccessToken, &claims,
				func(*jwt.Token) (any, error) { return key, nil },
				jwt.WithValidMethods([]string{alg}), jwt.WithIssuer(s.URL), jwt.WithSubject("bob"),
				jwt.WithExpirationRequired(), jwt.WithIssuedAt())
			if err != nil {
				t.Fatal(err)
			}
			if token.Header["kid"] != kid {
				t.Errorf("kid %v, want %s", token.Header["kid"], kid)
			}
			iat, _ := claims["iat"].(float64)
			exp, _ := claims["exp"].(float64)
			if exp-iat != 60 || claims["jti"] == "" || claims["jti"] == nil || claims["sid"] != "s1" {
				t.Errorf("claims %v", claims)
			}
		})
	}
}

func TestServer_metadata(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Issuer: "https://id.example.test"})
	a := call(t, s, http.StatusOK, http.MethodGet, "/.well-known/oauth-authorization-server", "", nil)
	m := a.object(t)
	for name, want := range map[string]string{
		"issuer":              "https://id.example.test",
		"token_endpoint":      "https://id.example.test/oauth/token",
		"revocation_endpoint": "https://id.example.test/oauth/revoke",
		"jwks_uri":            "https://id.example.test/.well-known/jwks.json",
	} {
		if m[name] != want {
			t.Errorf("%s is %v, want %s", name, m[name], want)
		}
	}
}

func TestConfig_OpaqueTokens(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{OpaqueTokens: true})
	p := s.Issue("bob")
	if _, _, err := jwt.NewParser().ParseUnverified(p.AccessToken, jwt.MapClaims{}); err == nil {
		t.Error("the access token is a JWT")
	}
	me(t, s, http.StatusOK, p.AccessToken)
}
