package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A provider rotates refresh tokens, strictly or with a grace, and serves /me. It remembers every
// token that was spent.
type provider struct {
	ttl, delay, grace time.Duration
	sessions          []family
	refreshes, reuses atomic.Int64
	refused, served   atomic.Int64
	server            *http.Server
	url               string
}

// A family is the tokens of one session.
type family struct {
	mu    sync.Mutex
	dead  bool
	next  int
	spent map[int]time.Time // by number; zero: not spent yet
}

// tokens is the response of the token endpoint.
type tokens struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int64  `json:"expires_in_ms"`
}

func newProvider(c Config) (*provider, error) {
	p := &provider{ttl: c.TokenTTL, delay: c.Delay, grace: c.Grace, sessions: make([]family, c.Sessions)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /me", p.me)
	url, server, err := serve(mux)
	p.url, p.server = url, server
	return p, err
}

// serve serves on a free port of the loopback interface.
func serve(h http.Handler) (base string, server *http.Server, err error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), server, nil
}

// account names the i-th session.
func account(i int) string { return "user-" + strconv.Itoa(i) }

// issue makes tokens of the i-th session; its lock is held.
func (p *provider) issue(i int) tokens {
	f := &p.sessions[i]
	if f.spent == nil {
		f.spent = make(map[int]time.Time)
	}
	f.next++
	f.spent[f.next] = time.Time{}
	return tokens{
		Access:    fmt.Sprintf("access-%d-%d", i, time.Now().UnixMilli()),
		Refresh:   fmt.Sprintf("refresh-%d-%d", i, f.next),
		ExpiresIn: p.ttl.Milliseconds(),
	}
}

func (p *provider) login(i int) tokens {
	p.sessions[i].mu.Lock()
	defer p.sessions[i].mu.Unlock()
	return p.issue(i)
}

var errInvalidGrant = errors.New("invalid_grant")

// redeem spends a refresh token.
func (p *provider) redeem(refresh string) (tokens, error) {
	i, n, err := p.parse("refresh", refresh)
	if err != nil {
		return tokens{}, err
	}
	f := &p.sessions[i]
	f.mu.Lock()
	defer f.mu.Unlock()
	spent, known := f.spent[n]
	switch {
	case f.dead || !known:
		return tokens{}, errInvalidGrant
	case spent.IsZero():
		f.spent[n] = time.Now()
	case time.Since(spent) > p.grace:
		p.reuses.Add(1)
		f.dead = p.grace == 0 // a provider with a grace refuses the reuse, and keeps the session
		return tokens{}, errInvalidGrant
	}
	p.refreshes.Add(1)
	return p.issue(i), nil
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	refresh := r.FormValue("refresh_token")
	t, err := p.redeem(refresh)
	if err != nil {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	timer := time.NewTimer(p.delay)
	defer timer.Stop()
	<-timer.C
	data, err := json.Marshal(t)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(data) // the client may be gone
}

func (p *provider) me(w http.ResponseWriter, r *http.Request) {
	i, issued, err := p.parse("access", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err == nil {
		p.sessions[i].mu.Lock()
		dead := p.sessions[i].dead
		p.sessions[i].mu.Unlock()
		if !dead && time.Since(time.UnixMilli(int64(issued))) < p.ttl {
			p.served.Add(1)
			_, _ = io.WriteString(w, account(i))
			return
		}
	}
	p.refused.Add(1)
	http.Error(w, "the token has expired", http.StatusUnauthorized)
}

// parse takes a token apart: kind, session, number.
func (p *provider) parse(kind, token string) (i, n int, err error) {
	parts := strings.Split(token, "-")
	if len(parts) != 3 || parts[0] != kind {
		return 0, 0, errInvalidGrant
	}
	i, err = strconv.Atoi(parts[1])
	if err != nil || i < 0 || i >= len(p.sessions) {
		return 0, 0, errInvalidGrant
	}
	n, err = strconv.Atoi(parts[2])
	return i, n, err
}

// alive counts the sessions that the provider still has.
func (p *provider) alive() (n int) {
	for i := range p.sessions {
		p.sessions[i].mu.Lock()
		if !p.sessions[i].dead {
			n++
		}
		p.sessions[i].mu.Unlock()
	}
	return n
}
