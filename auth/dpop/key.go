package dpop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/chatelaine-go/chatelaine/auth"
)

// Key is the private key of a session. Make one with [NewKey] before the login; afterwards the
// session has it. The zero value is not usable.
type Key struct {
	private *ecdsa.PrivateKey
	public  jwk
	prover  *Prover // keeps the nonces of the login
}

// jwk is a public key (RFC 7517). The order of the members is that of a thumbprint (RFC 7638).
type jwk struct {
	Curve string `json:"crv"`
	Type  string `json:"kty"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

// NewKey makes a key.
func NewKey() (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("dpop: %w", err)
	}
	return newKey(private)
}

// ParseKey reads a key in the form in which a Token has it in ProofKey: PKCS #8 of a P-256 key.
func ParseKey(data []byte) (*Key, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(data)
	private, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || private.Curve != elliptic.P256() {
		return nil, errors.New("dpop: the key of the session is not a P-256 key in the form of PKCS #8; log in again")
	}
	return newKey(private)
}

func newKey(private *ecdsa.PrivateKey) (*Key, error) {
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("dpop: %w", err)
	}
	const size = 32 // of a coordinate; a byte comes before them
	return &Key{private: private, prover: New(), public: jwk{
		Curve: "P-256", Type: "EC", X: encode(point[1 : 1+size]), Y: encode(point[1+size:]),
	}}, nil
}

// bytes returns the key as ParseKey reads it.
func (k *Key) bytes() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(k.private) }

// Bind returns the token with the key that it is bound to, for [auth.Interceptor.Login].
func (k *Key) Bind(t auth.Token) (auth.Token, error) {
	data, err := k.bytes()
	if err != nil {
		return auth.Token{}, fmt.Errorf("dpop: %w", err)
	}
	t.ProofKey = data
	return t, nil
}

// Thumbprint returns the SHA-256 thumbprint of the public key (RFC 7638), for the parameter
// dpop_jkt of an authorization request (RFC 9449, section 10).
func (k *Key) Thumbprint() string {
	sum := sha256.Sum256([]byte(`{"crv":"` + k.public.Curve + `","kty":"` + k.public.Type + `","x":"` + k.public.X + `","y":"` + k.public.Y + `"}`))
	return encode(sum[:])
}

// Transport returns a transport for the requests of a login: it puts a fresh proof on every send,
// and sends a request once more if the server wants a nonce in it. Base sends; nil means
// [http.DefaultTransport].
func (k *Key) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{key: k, base: base}
}

// String names the kind of key, not the key.
func (k *Key) String() string { return "dpop.Key(P-256)" }

// Format prints String, whatever the verb.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText returns String, for logs.
func (k *Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
