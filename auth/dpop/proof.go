package dpop

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// header is the JOSE header of a proof (RFC 9449, section 4.2).
type header struct {
	Type      string `json:"typ"`
	Algorithm string `json:"alg"`
	Key       jwk    `json:"jwk"`
}

// claims are the payload of a proof.
type claims struct {
	ID       string `json:"jti"`
	Method   string `json:"htm"`
	URL      string `json:"htu"`
	IssuedAt int64  `json:"iat"`
	Token    string `json:"ath,omitempty"`
	Nonce    string `json:"nonce,omitempty"`
}

// proof returns a proof for one send of r.
func (k *Key) proof(r *http.Request, accessToken, nonce string, now time.Time) (string, error) {
	c := claims{
		ID: rand.Text(), Method: method(r), URL: target(r.URL), IssuedAt: now.Unix(), Nonce: nonce,
	}
	if accessToken != "" {
		sum := sha256.Sum256([]byte(accessToken))
		c.Token = encode(sum[:])
	}
	head, err := json.Marshal(header{Type: "dpop+jwt", Algorithm: "ES256", Key: k.public})
	if err != nil {
		return "", fmt.Errorf("dpop: %w", err)
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("dpop: %w", err)
	}
	text := encode(head) + "." + encode(payload)
	sum := sha256.Sum256([]byte(text))
	x, y, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		return "", fmt.Errorf("dpop: %w", err)
	}
	const size = 32 // RFC 7518, section 3.4
	signature := make([]byte, 2*size)
	x.FillBytes(signature[:size])
	y.FillBytes(signature[size:])
	return text + "." + encode(signature), nil
}

func method(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// target is the URL of a request without query and fragment (RFC 9449, section 4.2).
func target(u *url.URL) string {
	t := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	if t.Path == "" {
		t.Path = "/"
	}
	return t.String()
}
