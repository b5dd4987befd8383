package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// jwsHeader is the protected header of a JWS (RFC 7515, section 4.1), with the key of a DPoP proof.
type jwsHeader struct {
	Type      string `json:"typ"`
	Algorithm string `json:"alg"`
	Key       *jwk   `json:"jwk"`
}

// jwk is a public key (RFC 7517). The members that make up the key are in alphabetical order, as
// its thumbprint (RFC 7638) requires.
type jwk struct {
	Curve string `json:"crv,omitempty"`
	E     string `json:"e,omitempty"`
	Type  string `json:"kty"`
	N     string `json:"n,omitempty"`
	X     string `json:"x,omitempty"`
	Y     string `json:"y,omitempty"`
}

// errPrivateKey refuses a proof that shows its private key.
var errPrivateKey = errors.New("the jwk holds a private key")

// UnmarshalJSON decodes a public key and refuses a private one (RFC 9449, section 4.3).
func (k *jwk) UnmarshalJSON(data []byte) error {
	type plain jwk
	var all struct {
		plain
		D json.RawMessage `json:"d"`
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	if all.D != nil {
		return errPrivateKey
	}
	*k = jwk(all.plain)
	return nil
}

// thumbprint returns the SHA-256 thumbprint of the key (RFC 7638).
func (k *jwk) thumbprint() string {
	canonical, err := json.Marshal(k)
	if err != nil {
		abort(err)
	}
	return hashText(string(canonical))
}

// public returns the key in the form of package crypto.
func (k *jwk) public() (crypto.PublicKey, error) {
	decode := base64.RawURLEncoding.DecodeString
	x, errX := decode(k.X)
	y, errY := decode(k.Y)
	n, errN := decode(k.N)
	e, errE := decode(k.E)
	if err := errors.Join(errX, errY, errN, errE); err != nil {
		return nil, errors.New("the jwk is not base64url")
	}
	switch {
	case k.Type == "EC" && k.Curve == "P-256" && len(x) == 32 && len(y) == 32:
		return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	case k.Type == "OKP" && k.Curve == "Ed25519" && len(x) == ed25519.PublicKeySize:
		return ed25519.PublicKey(x), nil
	case k.Type == "RSA" && len(e) > 0 && len(e) <= 4 && len(n) >= 256 && len(n) <= 1024:
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
	}
	return nil, errors.New("the jwk is not a P-256, Ed25519 or RSA key")
}

// splitJWS decodes the header and the payload of a JWS in compact form, without verifying it.
func splitJWS(token string, payload any) (*jwsHeader, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("it is not a JWT")
	}
	header := new(jwsHeader)
	for i, v := range []any{header, payload} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil, errors.New("it is not a JWT")
		}
		if err := json.Unmarshal(text, v); errors.Is(err, errPrivateKey) {
			return nil, err
		} else if err != nil {
			return nil, errors.New("it is not a JWT")
		}
	}
	return header, nil
}

// verifyJWS checks the signature of a JWS in compact form. The algorithm follows from the key:
// ES256, EdDSA or RS256.
func verifyJWS(token, algorithm string, key crypto.PublicKey) error {
	signed, encoded := cutLast(token)
	signature, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return errors.New("the signature is not base64url")
	}
	sum := sha256.Sum256([]byte(signed))
	var want string
	var good bool
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		want = "ES256"
		if len(signature) == 64 {
			r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
			good = ecdsa.Verify(k, sum[:], r, s)
		}
	case ed25519.PublicKey:
		want = "EdDSA"
		good = ed25519.Verify(k, []byte(signed), signature)
	case *rsa.PublicKey:
		want = "RS256"
		good = rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], signature) == nil
	default:
		return fmt.Errorf("a %T cannot verify signatures", key)
	}
	switch {
	case algorithm != want:
		return fmt.Errorf("alg is %q; this key needs %s", algorithm, want)
	case !good:
		return errors.New("the signature does not match")
	}
	return nil
}

// cutLast cuts a text around its last dot, where the signature of a JWT begins.
func cutLast(text string) (before, after string) {
	i := strings.LastIndex(text, ".")
	if i < 0 {
		return text, ""
	}
	return text[:i], text[i+1:]
}

// hashText returns the SHA-256 hash of a text in base64url, as PKCE, DPoP and thumbprints have it.
func hashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// verifies reports whether verifyJWS knows keys of this kind.
func verifies(key crypto.PublicKey) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return k != nil && k.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return len(k) == ed25519.PublicKeySize
	case *rsa.PublicKey:
		return k != nil
	}
	return false
}
