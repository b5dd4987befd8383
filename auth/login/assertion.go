package login

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"
)

const (
	// assertionType is the client_assertion_type of RFC 7523, section 2.2.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// assertionTTL is the life of a client assertion.
	assertionTTL = time.Minute
)

// PrivateKeyJWT returns a function that signs client assertions (private_key_jwt, RFC 7523), for
// Client.Assertion and auth.OAuth2Refresher.ClientAssertion. The key is a P-256 key (ES256), an
// Ed25519 key (EdDSA) or an RSA key of at least 2,048 bits (RS256); it may live in hardware. keyID
// is the kid under which the provider knows its public half, "" if there is only one. Every call
// signs a new assertion that is valid for one minute. The function may be called concurrently if
// the key may.
func PrivateKeyJWT(clientID, keyID string, key crypto.Signer) (func(ctx context.Context, audience string) (string, error), error) {
	if clientID == "" {
		return nil, errors.New("login: PrivateKeyJWT needs the client id")
	}
	algorithm, err := algorithmOf(key)
	if err != nil {
		return nil, err
	}
	header := map[string]string{"alg": algorithm, "typ": "JWT"}
	if keyID != "" {
		header["kid"] = keyID
	}
	return func(_ context.Context, audience string) (string, error) {
		now := time.Now()
		return signJWT(key, header, map[string]any{
			"iss": clientID, "sub": clientID, "aud": audience, "jti": rand.Text(),
			"iat": now.Unix(), "exp": now.Add(assertionTTL).Unix(),
		})
	}, nil
}

// algorithmOf returns the JWS algorithm of a key (RFC 7518, RFC 8037).
func algorithmOf(key crypto.Signer) (string, error) {
	if key == nil {
		return "", errors.New("login: PrivateKeyJWT needs a key")
	}
	switch public := key.Public().(type) {
	case *ecdsa.PublicKey:
		if public.Curve == elliptic.P256() {
			return "ES256", nil
		}
	case ed25519.PublicKey:
		return "EdDSA", nil
	case *rsa.PublicKey:
		if public.Size() >= 256 {
			return "RS256", nil
		}
	}
	return "", errors.New("login: PrivateKeyJWT needs a P-256, Ed25519 or RSA key of at least 2,048 bits")
}

// signJWT returns a JWT in compact form (RFC 7515, section 3.1).
func signJWT(key crypto.Signer, header map[string]string, payload map[string]any) (string, error) {
	head, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode(head) + "." + encode(body)
	digest, hash := []byte(signed), crypto.Hash(0) // Ed25519 signs the text itself
	if header["alg"] != "EdDSA" {
		sum := sha256.Sum256(digest)
		digest, hash = sum[:], crypto.SHA256
	}
	signature, err := key.Sign(rand.Reader, digest, hash)
	if err != nil {
		return "", fmt.Errorf("login: signing with the client's key: %w", err)
	}
	if header["alg"] == "ES256" {
		if signature, err = fixedSize(signature); err != nil {
			return "", err
		}
	}
	return signed + "." + encode(signature), nil
}

// fixedSize turns the ASN.1 form of an ECDSA signature into that of RFC 7518, section 3.4.
func fixedSize(der []byte) ([]byte, error) {
	var pair struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &pair)
	if err != nil || len(rest) > 0 || pair.R.Sign() <= 0 || pair.S.Sign() <= 0 || pair.R.BitLen() > 256 || pair.S.BitLen() > 256 {
		return nil, errors.New("login: the client's key made a signature that is not ECDSA's")
	}
	return append(pair.R.FillBytes(make([]byte, 32)), pair.S.FillBytes(make([]byte, 32))...), nil
}
