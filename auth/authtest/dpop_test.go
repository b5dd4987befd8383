package authtest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// publicJWK returns the public half of a key as RFC 7517 writes it.
func publicJWK(t *testing.T, key crypto.Signer) map[string]any {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		point, err := k.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return map[string]any{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
	case ed25519.PrivateKey:
		public, _ := k.Public().(ed25519.PublicKey)
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encode(public)}
	case *rsa.PrivateKey:
		return map[string]any{"kty": "RSA", "n": encode(k.N.Bytes()), "e": encode(big.NewInt(int64(k.E)).Bytes())}
	}
	t.Fatalf("a %T", key)
	return nil
}

// proof makes a proof for a request; change overrides claims.
func proof(t *testing.T, key crypto.Signer, method, url string, change map[string]any) http.Header {
	t.Helper()
	payload := map[string]any{"jti": rand.Text(), "htm": method, "htu": url, "iat": time.Now().Unix()}
	maps.Copy(payload, change)
	return http.Header{"Dpop": {sign(t, key, map[string]any{"typ": "dpop+jwt", "jwk": publicJWK(t, key)}, payload)}}
}

// callDPoP calls GET /me with a token and a proof.
func callDPoP(t *testing.T, s *authtest.Server, want int, key crypto.Signer, token string, change map[string]any) *answer {
	t.Helper()
	claims := map[string]any{"ath": s256(token)}
	maps.Copy(claims, change)
	h := proof(t, key, http.MethodGet, s.URL+"/me", claims)
	h.Set("Authorization", "DPoP "+token)
	return call(t, s, want, http.MethodGet, "/me", "", h)
}

var password = []string{"grant_type", "password", "username", "alice", "password", "wonderland"}

func TestDPoP(t *testing.T) {
	t.Parallel()
	for algorithm, key := range keys(t) {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, authtest.Config{DPoP: authtest.DPoPRequired})
			endpoint := s.URL + "/oauth/token"
			if a := form(t, s, http.StatusBadRequest, "/oauth/token", nil, password...); a.member(t, "error") != "invalid_dpop_proof" {
				t.Errorf("without a proof: %s", a.body)
			}
			a := form(t, s, http.StatusOK, "/oauth/token", proof(t, key, "POST", endpoint, nil), password...)
			access := a.member(t, "access_token")
			if a.member(t, "token_type") != "DPoP" {
				t.Errorf("%s", a.body)
			}
			if _, payload := decodeJWT(t, access); payload["cnf"] == nil {
				t.Errorf("payload %v", payload)
			}
			if m := callDPoP(t, s, http.StatusOK, key, access, nil); m.member(t, "id") != "alice" {
				t.Errorf("%s", m.body)
			}
			if a := me(t, s, http.StatusUnauthorized, access); !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "DPoP ") {
				t.Errorf("as a bearer token: %v", a.header)
			}
			other := keys(t)[algorithm]
			callDPoP(t, s, http.StatusUnauthorized, other, access, nil)
			refreshForm := []string{"grant_type", "refresh_token", "refresh_token", a.member(t, "refresh_token")}
			for _, h := range []http.Header{nil, proof(t, other, "POST", endpoint, nil)} {
				if a := form(t, s, http.StatusBadRequest, "/oauth/token", h, refreshForm...); a.member(t, "error") != "invalid_grant" {
					t.Errorf("refresh with another key: %s", a.body)
				}
			}
			a = form(t, s, http.StatusOK, "/oauth/token", proof(t, key, "POST", endpoint, nil), refreshForm...)
			callDPoP(t, s, http.StatusOK, key, a.member(t, "access_token"), nil)
		})
	}
}

func TestDPoP_wrong_proofs(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	key := keys(t)["ES256"]
	endpoint := s.URL + "/oauth/token"
	access := form(t, s, http.StatusOK, "/oauth/token", proof(t, key, "POST", endpoint, nil), password...).member(t, "access_token")
	for name, change := range map[string]map[string]any{
		"method":       {"htm": "POST"},
		"host":         {"htu": "http://elsewhere.test/me"},
		"path":         {"htu": s.URL + "/echo"},
		"scheme":       {"htu": "https" + strings.TrimPrefix(s.URL, "http") + "/me"},
		"query":        {"htu": s.URL + "/me?x=1"},
		"no id":        {"jti": ""},
		"old":          {"iat": time.Now().Add(-time.Hour).Unix()},
		"of tomorrow":  {"iat": time.Now().Add(time.Hour).Unix()},
		"no hash":      {"ath": ""},
		"other's hash": {"ath": s256("other")},
	} {
		a := callDPoP(t, s, http.StatusUnauthorized, key, access, change)
		if !strings.Contains(a.header.Get("WWW-Authenticate"), `error="invalid_dpop_proof"`) {
			t.Errorf("%s: %v", name, a.header)
		}
	}
	same := map[string]any{"jti": "same"}
	callDPoP(t, s, http.StatusOK, key, access, same)
	callDPoP(t, s, http.StatusUnauthorized, key, access, same)

	good := proof(t, key, "POST", endpoint, nil)
	private := publicJWK(t, key)
	private["d"] = "AAAA"
	payload := map[string]any{"jti": "x", "htm": "POST", "htu": endpoint, "iat": time.Now().Unix()}
	for name, h := range map[string]http.Header{
		"twice":        {"Dpop": {good.Get("DPoP"), good.Get("DPoP")}},
		"not a JWT":    {"Dpop": {"x"}},
		"forged":       {"Dpop": {good.Get("DPoP")[:len(good.Get("DPoP"))-6] + "AAAAAA"}},
		"another type": {"Dpop": {sign(t, key, map[string]any{"typ": "jwt", "jwk": publicJWK(t, key)}, payload)}},
		"no key":       {"Dpop": {sign(t, key, map[string]any{"typ": "dpop+jwt"}, payload)}},
		"private key":  {"Dpop": {sign(t, key, map[string]any{"typ": "dpop+jwt", "jwk": private}, payload)}},
		"unknown key":  {"Dpop": {sign(t, key, map[string]any{"typ": "dpop+jwt", "jwk": map[string]any{"kty": "oct"}}, payload)}},
	} {
		a := form(t, s, http.StatusBadRequest, "/oauth/token", h, password...)
		if a.member(t, "error") != "invalid_dpop_proof" {
			t.Errorf("%s: %s", name, a.body)
		}
	}
}

func TestDPoP_nonces(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{DPoPNonce: true})
	key := keys(t)["ES256"]
	endpoint := s.URL + "/oauth/token"
	a := form(t, s, http.StatusBadRequest, "/oauth/token", proof(t, key, "POST", endpoint, nil), password...)
	if a.member(t, "error") != "use_dpop_nonce" {
		t.Fatalf("%s", a.body)
	}
	nonce := func(a *answer) map[string]any { return map[string]any{"nonce": a.header.Get("DPoP-Nonce")} }
	a = form(t, s, http.StatusOK, "/oauth/token", proof(t, key, "POST", endpoint, nonce(a)), password...)
	access, refreshToken := a.member(t, "access_token"), a.member(t, "refresh_token")
	m := callDPoP(t, s, http.StatusUnauthorized, key, access, nil)
	if !strings.Contains(m.header.Get("WWW-Authenticate"), `error="use_dpop_nonce"`) {
		t.Errorf("%v", m.header)
	}
	callDPoP(t, s, http.StatusOK, key, access, nonce(m))
	s.RotateNonce()
	callDPoP(t, s, http.StatusUnauthorized, key, access, nonce(m))
	// The challenge does not spend the refresh token.
	grant := []string{"grant_type", "refresh_token", "refresh_token", refreshToken}
	a = form(t, s, http.StatusBadRequest, "/oauth/token", proof(t, key, "POST", endpoint, nonce(m)), grant...)
	form(t, s, http.StatusOK, "/oauth/token", proof(t, key, "POST", endpoint, nonce(a)), grant...)
	checkStats(t, s, authtest.Stats{Logins: 1, Refreshes: 1, Rotations: 1, Sessions: 1, APICalls: 3, NonceChallenges: 4})
}

// Proofs follow the clock of the bubble and of the server.
func TestDPoP_in_a_bubble(t *testing.T) {
	t.Parallel()
	key := keys(t)["ES256"]
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{AccessTTL: 24 * time.Hour, ClockOffset: time.Hour})
		server := func() map[string]any { return map[string]any{"iat": time.Now().Add(time.Hour).Unix()} }
		h := proof(t, key, "POST", s.URL+"/oauth/token", server())
		access := form(t, s, http.StatusOK, "/oauth/token", h, password...).member(t, "access_token")
		elapse(time.Hour)
		callDPoP(t, s, http.StatusOK, key, access, server())
		callDPoP(t, s, http.StatusUnauthorized, key, access, nil)
	})
}
