package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/chatelaine-go/chatelaine/auth"
)

var (
	errDead = errors.New("the process is dead")
	errDisk = errors.New("the disk is broken")
)

// modelProcess is a process of the model: an interceptor, and the ways in which it touches the world, which end when it
// dies.
type modelProcess struct {
	*world

	n       int
	session *auth.Interceptor
	client  *http.Client
	dead    bool            // under the world's mutex, as the rest
	busy    int             // refreshes under way
	excused bool            // the server has ended its session
	left    int             // logouts
	ended   map[string]bool // access tokens of the sessions it has logged out of
}

func (p *modelProcess) logouts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left
}

// die cuts the process off. A refresh under way is in doubt: its answer will not be saved.
func (p *modelProcess) die() {
	p.mu.Lock()
	p.dead = true
	p.refreshes -= p.busy
	if p.busy > 0 {
		p.doubts++
	}
	p.busy = 0
	p.mu.Unlock()
	// Nothing is left of a process: the goroutines that the model cannot kill must at least come to an end.
	go func() { _ = p.session.Close(context.Background()) }()
	p.client.CloseIdleConnections()
}

func (p *modelProcess) isDead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// event checks that nobody is logged out without a reason.
func (p *modelProcess) event(e auth.Event) {
	if e.Kind != auth.SignedOut || e.Reason != auth.ReasonInvalidGrant || p.isDead() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.excused && p.doubts == 0 {
		p.broken = append(p.broken, "logged out while the server still honored the session")
	}
}

// modelStore is the shared store as one process sees it.
type modelStore struct {
	*world

	process *modelProcess
}

func (s *modelStore) Load(ctx context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	fails, dead := s.loadFails, s.process.dead
	s.mu.Unlock()
	switch {
	case dead:
		return nil, errDead
	case fails:
		return nil, errDisk
	}
	return s.shared.Load(ctx, key)
}

func (s *modelStore) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	return s.shared.Update(ctx, key, func(ctx context.Context, old []byte) ([]byte, error) {
		if s.process.isDead() {
			return nil, errDead
		}
		value, err := fn(ctx, old)
		if err != nil || bytes.Equal(value, old) {
			return value, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case s.process.dead:
			return nil, errDead
		case s.saveFails:
			s.doubts++ // another process may spend what is stored
			return nil, errDisk
		}
		return value, nil
	})
}

// modelWire is the network as one process sees it.
type modelWire struct {
	*world

	process *modelProcess
}

func (m *modelWire) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.process.isDead() {
		return nil, errDead
	}
	if r.URL.Path != "/auth/refresh" {
		m.checkLogout(r)
		return m.server.Transport().RoundTrip(r)
	}
	m.mu.Lock()
	m.refreshes++
	m.process.busy++
	if m.refreshes > 1 {
		m.broken = append(m.broken, "two refreshes at the same time")
	}
	m.mu.Unlock()
	resp, err := m.server.Transport().RoundTrip(r)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process.dead {
		if err == nil {
			_ = resp.Body.Close()
		}
		return nil, errDead
	}
	m.refreshes--
	m.process.busy--
	if err == nil {
		m.note(resp)
	} else {
		m.doubts++ // the server may have rotated
	}
	return resp, err
}

// note remembers the token that came. The mutex is held.
func (m *modelWire) note(resp *http.Response) {
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(data))
	var answer struct {
		AccessToken  string `json:"accessToken"`
		RefreshToken string `json:"refreshToken"`
	}
	if err == nil && json.Unmarshal(data, &answer) == nil && answer.RefreshToken != "" {
		m.newest = answer.RefreshToken
		m.issued = append(m.issued, answer.AccessToken)
	}
}

// checkLogout looks for a token of a session that this process had ended before the request was started.
func (m *modelWire) checkLogout(r *http.Request) {
	started, _ := r.Context().Value(startedKey{}).(int)
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	m.mu.Lock()
	defer m.mu.Unlock()
	if ok && m.process.ended[bearer] && started >= m.process.left && m.process.left > 0 {
		m.broken = append(m.broken, "a request after Logout carried the old token")
	}
}
