package authtest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
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

// accessPayload is the payload of an access token.
type accessPayload struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
	ID      string `json:"jti"`
	Session string `json:"sid"`
	Scope   string `json:"scope,omitempty"`
	Confirm *bound `json:"cnf,omitempty"`
}

// bound binds a token to a DPoP key (RFC 9449, section 6.1).
type bound struct {
	Thumbprint string `json:"jkt"`
}

// idPayload is the payload of an ID token (OpenID Connect Core 1.0, section 2).
type idPayload struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	Nonce    string `json:"nonce,omitempty"`
	Session  string `json:"sid"`
}

// sign returns the payload as a JWT in compact form (RFC 7515, section 3.1).
func (k *jwtKey) sign(payload any) string {
	body, err := json.Marshal(payload)
	if err != nil {
		abort(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(body)
	return signed + "." + encode(k.mac(signed))
}

// mac returns the signature of a text.
func (k *jwtKey) mac(text string) []byte {
	h := hmac.New(sha256.New, k[:])
	h.Write([]byte(text))
	return h.Sum(nil)
}

// signed reports whether the key has signed the token.
func (k *jwtKey) signed(token string) bool {
	text, encoded := cutLast(token)
	signature, err := base64.RawURLEncoding.DecodeString(encoded)
	return err == nil && hmac.Equal(signature, k.mac(text))
}

// newAccess returns an access token of the family that expires at the given time.
func (tt *tokenTable) newAccess(f *family, now, expires time.Time, cfg *Config) string {
	if cfg.OpaqueTokens {
		return "at-" + rand.Text()
	}
	p := &accessPayload{
		Issuer: cfg.Issuer, Subject: f.user, Issued: now.Unix(), Expires: expires.Unix(),
		ID: rand.Text(), Session: f.id, Scope: f.scope,
	}
	if f.thumbprint != "" {
		p.Confirm = &bound{f.thumbprint}
	}
	return tt.key.sign(p)
}

// idToken returns the ID token of a session, "" if its scope has no openid.
func (s *Server) idToken(cfg *Config, f *family) string {
	if !slices.Contains(strings.Fields(f.scope), "openid") {
		return ""
	}
	now := s.now()
	return s.tokens.key.sign(&idPayload{
		Issuer: cfg.Issuer, Subject: f.user, Audience: f.client, Issued: now.Unix(),
		Expires: now.Add(time.Hour).Unix(), Nonce: f.nonce, Session: f.id,
	})
}
