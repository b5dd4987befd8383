package authtest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"
)

// jwtKey signs JWTs with HMAC-SHA256 (HS256, RFC 7518, section 3.2). Only the server itself
// verifies them, so no public key is needed.
type jwtKey [32]byte

// newJWTKey returns a random key.
func newJWTKey() *jwtKey {
	k := new(jwtKey)
	_, _ = rand.Read(k[:]) // never fails
	return k
}

// jwtPayload is the payload of an access token.
type jwtPayload struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
	ID      string `json:"jti"`
	Session string `json:"sid"`
}

// sign returns the payload as a JWT in compact form (RFC 7515, section 3.1).
func (k *jwtKey) sign(payload any) string {
	body, err := json.Marshal(payload)
	if err != nil {
		abort(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(body)
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// newAccess returns an access token of the family that expires at the given time.
func (tt *tokenTable) newAccess(f *family, now, expires time.Time, cfg *Config) string {
	if cfg.OpaqueTokens {
		return "at-" + rand.Text()
	}
	return tt.key.sign(&jwtPayload{
		Issuer:  cfg.Issuer,
		Subject: f.user,
		Issued:  now.Unix(),
		Expires: expires.Unix(),
		ID:      rand.Text(),
		Session: f.id,
	})
}
