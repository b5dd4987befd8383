package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// jwk is a public key as RFC 7517 and RFC 7518 write it. The members that make the key are in the
// order of the alphabet, which the thumbprint of RFC 7638 asks for.
type jwk struct {
	Crv string `json:"crv,omitempty"`
	E   string `json:"e,omitempty"`
	Kty string `json:"kty"`
	N   string `json:"n,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
	Use string `json:"use,omitempty"`
	Alg string `json:"alg,omitempty"`
	Kid string `json:"kid,omitempty"`
}

// signingKey signs access tokens and publishes its public half.
type signingKey struct {
	method  jwt.SigningMethod
	private crypto.Signer
	public  jwk
}

// newSigningKey makes a fresh key for one of the algorithms that [Config] allows.
func newSigningKey(algorithm string) (*signingKey, error) {
	k := &signingKey{method: jwt.GetSigningMethod(algorithm)}
	var err error
	switch algorithm {
	case "RS256":
		k.private, err = rsa.GenerateKey(rand.Reader, 2048)
	case "EdDSA":
		_, k.private, err = ed25519.GenerateKey(rand.Reader)
	default:
		k.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		return nil, fmt.Errorf("authtest: making the signing key: %w", err)
	}
	k.public, err = publicJWK(k.private.Public())
	if err != nil {
		return nil, err
	}
	k.public.Use, k.public.Alg = "sig", algorithm
	return k, nil
}

// publicJWK encodes a public key, its thumbprint (RFC 7638) as the key id.
func publicJWK(public crypto.PublicKey) (jwk, error) {
	encode := base64.RawURLEncoding.EncodeToString
	var j jwk
	switch p := public.(type) {
	case *rsa.PublicKey:
		j = jwk{Kty: "RSA", N: encode(p.N.Bytes()), E: encode(big.NewInt(int64(p.E)).Bytes())}
	case ed25519.PublicKey:
		j = jwk{Kty: "OKP", Crv: "Ed25519", X: encode(p)}
	case *ecdsa.PublicKey:
		point, err := p.Bytes() // 4, then X and Y of 32 bytes each
		if err != nil {
			return jwk{}, fmt.Errorf("authtest: encoding the public key: %w", err)
		}
		j = jwk{Kty: "EC", Crv: "P-256", X: encode(point[1:33]), Y: encode(point[33:])}
	}
	canonical, err := json.Marshal(j)
	if err != nil {
		return jwk{}, fmt.Errorf("authtest: encoding the public key: %w", err)
	}
	sum := sha256.Sum256(canonical)
	j.Kid = encode(sum[:])
	return j, nil
}

// claims are the claims of an access token.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

// sign returns the compact form of the token.
func (k *signingKey) sign(c *claims) string {
	t := jwt.NewWithClaims(k.method, c)
	t.Header["kid"] = k.public.Kid
	s, err := t.SignedString(k.private)
	if err != nil {
		abort(fmt.Errorf("authtest: signing an access token: %w", err))
	}
	return s
}
