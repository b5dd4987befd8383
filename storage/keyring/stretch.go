package keyring

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/chatelaine-go/chatelaine/storage"
)

const (
	stretchName = "pbkdf2-hmac-sha256"
	// OWASP's password storage cheat sheet asks for 600,000; the file backend
	// itself does 8192.
	stretchIterations = 600_000
	maxStretch        = 10_000_000
)

// A stretch says how the passphrase becomes the password of the file backend,
// and lets a wrong one be told from a damaged entry. Checking a guess against
// it costs as much as against the entry itself.
type stretch struct {
	Name       string `json:"name"`
	Iterations int    `json:"iterations"`
	Salt       string `json:"salt"`
	Check      string `json:"check"`
}

// newStretch chooses a salt for passphrase and returns the password.
func newStretch(passphrase string, iterations int) (s *stretch, password string, err error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, "", err
	}
	s = &stretch{Name: stretchName, Iterations: iterations, Salt: hex.EncodeToString(salt)}
	derived, err := s.derive(passphrase)
	if err != nil {
		return nil, "", err
	}
	defer clear(derived)
	s.Check = check(derived)
	return s, hex.EncodeToString(derived), nil
}

// password returns the file backend's password, or ErrWrongPassphrase.
func (s *stretch) password(passphrase string) (string, error) {
	if s == nil || s.Name != stretchName || s.Iterations < 1 || s.Iterations > maxStretch {
		return "", fmt.Errorf("%w: unknown or absurd way of stretching the passphrase", storage.ErrCorrupt)
	}
	derived, err := s.derive(passphrase)
	if err != nil {
		return "", err
	}
	defer clear(derived)
	if !hmac.Equal([]byte(check(derived)), []byte(s.Check)) {
		return "", fmt.Errorf("%w; nothing has been changed", ErrWrongPassphrase)
	}
	return hex.EncodeToString(derived), nil
}

func (s *stretch) derive(passphrase string) ([]byte, error) {
	salt, err := hex.DecodeString(s.Salt)
	if err != nil || len(salt) < 16 {
		return nil, fmt.Errorf("%w: bad salt for the passphrase", storage.ErrCorrupt)
	}
	return pbkdf2.Key(sha256.New, passphrase, salt, s.Iterations, sha256.Size)
}

func check(derived []byte) string {
	mac := hmac.New(sha256.New, derived)
	mac.Write([]byte("chatelaine passphrase check v1"))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
