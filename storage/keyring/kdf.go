package keyring

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/chatelaine-go/chatelaine/storage"
)

const (
	// For a passphrase that a person chose.
	pbkdf2Name = "pbkdf2-hmac-sha256"
	// OWASP's password storage cheat sheet asks for 600,000; the file backend
	// itself does 8192.
	pbkdf2Iterations    = 600_000
	maxPBKDF2Iterations = 10_000_000

	// For a random key (RFC 5869): guessing it is hopeless, so nothing has to
	// make a guess slow.
	hkdfName = "hkdf-sha256"
	hkdfInfo = "chatelaine file backend v1"
)

// A kdf says how the passphrase becomes the password of the file backend, and
// lets a wrong passphrase be told from a damaged entry. Checking a guess against
// it costs as much as against the entry itself.
type kdf struct {
	Name       string `json:"name"`
	Iterations int    `json:"iterations,omitzero"`
	Salt       string `json:"salt"`
	Check      string `json:"check"`
}

// newStretching is the way of a passphrase that a person chose.
func newStretching(passphrase string, iterations int) (k *kdf, password string, err error) {
	return (&kdf{Name: pbkdf2Name, Iterations: iterations}).begin(passphrase)
}

// newExpansion is the way of a random key.
func newExpansion(key string) (k *kdf, password string, err error) {
	if err := checkRandom(key); err != nil {
		return nil, "", err
	}
	return (&kdf{Name: hkdfName}).begin(key)
}

// begin chooses a salt and returns the password.
func (k *kdf) begin(passphrase string) (*kdf, string, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, "", err
	}
	k.Salt = hex.EncodeToString(salt)
	derived, err := k.derive(passphrase)
	if err != nil {
		return nil, "", err
	}
	defer clear(derived)
	k.Check = check(derived)
	return k, hex.EncodeToString(derived), nil
}

// password returns the file backend's password, or ErrWrongPassphrase.
func (k *kdf) password(passphrase string) (string, error) {
	if k == nil || !k.known() {
		return "", fmt.Errorf("%w: unsupported key-derivation parameters", storage.ErrCorrupt)
	}
	derived, err := k.derive(passphrase)
	if err != nil {
		return "", err
	}
	defer clear(derived)
	if !hmac.Equal([]byte(check(derived)), []byte(k.Check)) {
		return "", fmt.Errorf("%w; nothing has been changed", ErrWrongPassphrase)
	}
	return hex.EncodeToString(derived), nil
}

func (k *kdf) known() bool {
	switch k.Name {
	case pbkdf2Name:
		return k.Iterations >= 1 && k.Iterations <= maxPBKDF2Iterations
	case hkdfName:
		return true
	default:
		return false
	}
}

func (k *kdf) derive(passphrase string) ([]byte, error) {
	salt, err := hex.DecodeString(k.Salt)
	if err != nil || len(salt) < 16 {
		return nil, fmt.Errorf("%w: bad salt for the passphrase", storage.ErrCorrupt)
	}
	if k.Name == hkdfName {
		return hkdf.Key(sha256.New, []byte(passphrase), salt, hkdfInfo, sha256.Size)
	}
	return pbkdf2.Key(sha256.New, passphrase, salt, k.Iterations, sha256.Size)
}

func check(derived []byte) string {
	mac := hmac.New(sha256.New, derived)
	mac.Write([]byte("chatelaine passphrase check v1"))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// checkRandom refuses what cannot be a random key of 128 bits: fewer characters
// than that takes in hexadecimal or base 64, or hardly any different ones.
func checkRandom(key string) error {
	least := 22 // of base 64
	if strings.Trim(key, "0123456789abcdefABCDEF") == "" {
		least = 32
	}
	different := make(map[rune]bool)
	for _, c := range key {
		different[c] = true
	}
	if len(key) < least || len(different) < 8 {
		return errors.New("keyring: this program expects a random key of at least 128 bits for a passphrase; make one with: head -c 32 /dev/urandom | base64")
	}
	return nil
}
