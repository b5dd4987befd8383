package dpop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/internal/challenge"
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// Prover makes proofs for sessions, and keeps the nonces of the servers. One may serve many
// sessions. The zero value is ready to use.
type Prover struct {
	mu     sync.Mutex
	nonces map[string]string // by origin
	keys   map[string]*Key   // parsed, by their bytes
}

var _ auth.Prover = (*Prover)(nil)

// New returns a Prover.
func New() *Prover { return new(Prover) }

const (
	// maxOrigins and maxKeys bound what is kept. What falls out costs another nonce, or another
	// parse.
	maxOrigins = 64
	maxKeys    = 64
	// maxNonce bounds a nonce, which goes into every proof.
	maxNonce = 1024
)

// NewKey implements [auth.Prover].
func (p *Prover) NewKey() ([]byte, error) {
	k, err := NewKey()
	if err != nil {
		return nil, err
	}
	return k.bytes()
}

// Prove implements [auth.Prover]: it sets the header DPoP.
func (p *Prover) Prove(r *http.Request, key []byte, accessToken string) error {
	k, err := p.key(key)
	if err != nil {
		return err
	}
	return p.prove(r, k, accessToken)
}

func (p *Prover) prove(r *http.Request, k *Key, accessToken string) error {
	proof, err := k.proof(r, accessToken, p.nonce(r.URL), time.Now())
	if err != nil {
		return err
	}
	r.Header["Dpop"] = []string{proof}
	return nil
}

// Learn implements [auth.Prover]: it keeps the nonce of a response, and reports whether the
// response is a use_dpop_nonce: a 401 with that challenge (RFC 9449, section 9), or a 400 with that
// error (section 8).
func (p *Prover) Learn(resp *http.Response) (again bool) {
	nonce := resp.Header.Get("DPoP-Nonce")
	if nonce == "" || len(nonce) > maxNonce || resp.Request == nil {
		return false
	}
	o, ok := origin.Of(resp.Request.URL)
	if !ok {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.nonces == nil || len(p.nonces) >= maxOrigins && p.nonces[o.String()] == "" {
		p.nonces = make(map[string]string)
	}
	p.nonces[o.String()] = nonce
	return wantsNonce(resp)
}

func wantsNonce(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		for _, c := range challenge.ParseAll(resp.Header.Values("WWW-Authenticate")) {
			if c.Is("DPoP") && c.Get("error") == "use_dpop_nonce" {
				return true
			}
		}
		return errorCode(resp) == "use_dpop_nonce"
	case http.StatusBadRequest:
		return errorCode(resp) == "use_dpop_nonce"
	default:
		return false
	}
}

// errorCode returns the error of a small JSON body, which can still be read afterwards.
func errorCode(resp *http.Response) string {
	const limit = 4 << 10
	if resp.Body == nil || !strings.Contains(resp.Header.Get("Content-Type"), "json") && resp.Header.Get("Content-Type") != "" {
		return ""
	}
	head, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = failing{err}
	}
	resp.Body = &rewound{Reader: io.MultiReader(bytes.NewReader(head), rest), Closer: resp.Body}
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(head, &body) != nil {
		return ""
	}
	return body.Error
}

type rewound struct {
	io.Reader
	io.Closer
}

type failing struct{ err error }

// Read returns the error that ended the body.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

func (p *Prover) nonce(u *url.URL) string {
	o, ok := origin.Of(u)
	if !ok {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nonces[o.String()]
}

// key returns the parsed key: parsing one takes longer than signing with it.
func (p *Prover) key(data []byte) (*Key, error) {
	p.mu.Lock()
	k := p.keys[string(data)]
	p.mu.Unlock()
	if k != nil {
		return k, nil
	}
	k, err := ParseKey(data)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys == nil || len(p.keys) >= maxKeys {
		p.keys = make(map[string]*Key)
	}
	p.keys[string(data)] = k
	return k, nil
}

// String says nothing of nonces and keys.
func (p *Prover) String() string { return "dpop.Prover" }

// Format prints String, whatever the verb.
func (p *Prover) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// MarshalText returns String, for logs.
func (p *Prover) MarshalText() ([]byte, error) { return []byte(p.String()), nil }
