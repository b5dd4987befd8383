package login_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/auth/login"
)

func TestPrivateKeyJWT(t *testing.T) {
	t.Parallel()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"ES256": p256, "EdDSA": ed, "RS256": rs} {
		s := newServer(t, authtest.Config{ClientKeys: map[string]crypto.PublicKey{"job": key.Public()}})
		client := clientOf(t, s)
		client.ID = "job"
		if client.Assertion, err = login.PrivateKeyJWT("job", "key-1", key); err != nil {
			t.Fatal(err)
		}
		if _, _, err := signIn(t, s, login.BrowserConfig{Client: client}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		id  string
		key crypto.Signer
	}{"no id": {"", p256}, "no key": {"job", nil}, "another curve": {"job", p384}} {
		if _, err := login.PrivateKeyJWT(c.id, "", c.key); err == nil || !strings.Contains(err.Error(), "PrivateKeyJWT needs") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
