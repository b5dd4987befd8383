package auth

import (
	"sync"
	"time"
)

// pool keeps one session for each account in use, and the last ones that were. Its mutex guards
// every field, and all of every pooled; it is never held while anything is waited for. The mutex of
// workers may be locked while it is held.
type pool struct {
	create   func(account string) *Interceptor
	maxIdle  int
	idleTime time.Duration

	mu     sync.Mutex
	all    map[string]*pooled
	idle   int     // how many are in the list
	newest *pooled // the list of idle sessions, by when they became idle
	oldest *pooled
	timer  *time.Timer // runs while there are idle sessions and a time limit
	armed  bool
	closed bool
}

// pooled is a session in a pool. Its calls hold pins; without any it is in the list of idle ones.
type pooled struct {
	session      *Interceptor
	pins         int
	since        time.Time // it is idle
	older, newer *pooled
}

// acquire pins the session of account, and makes it if there is none.
func (p *pool) acquire(account string) (*pooled, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.all[account]
	switch {
	case s == nil && p.closed:
		return nil, errSessionsClosed
	case s == nil:
		s = &pooled{session: p.create(account)}
		if p.all == nil {
			p.all = make(map[string]*pooled)
		}
		p.all[s.session.account] = s
	case s.pins == 0:
		p.unlink(s)
	}
	s.pins++
	return s, nil
}

// release takes back what acquire gave.
func (p *pool) release(s *pooled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.pins--
	if s.pins > 0 {
		return
	}
	s.since = time.Now()
	p.link(s)
	p.evict(s.since, 2)
	p.arm(s.since)
}

// link puts s at the new end of the list.
func (p *pool) link(s *pooled) {
	s.older, s.newer = p.newest, nil
	if p.newest != nil {
		p.newest.newer = s
	} else {
		p.oldest = s
	}
	p.newest = s
	p.idle++
}

func (p *pool) unlink(s *pooled) {
	if s.older != nil {
		s.older.newer = s.newer
	} else {
		p.oldest = s.newer
	}
	if s.newer != nil {
		s.newer.older = s.older
	} else {
		p.newest = s.older
	}
	s.older, s.newer = nil, nil
	p.idle--
}

// evict closes the sessions beyond the limits, the oldest first, looking at no more than most of
// them. One that is busy, with a refresh or a save, is not idle after all: it goes to the new end.
// After Close nothing is evicted.
func (p *pool) evict(now time.Time, most int) {
	for n := min(p.idle, most); n > 0 && !p.closed; n-- {
		s := p.oldest
		if p.idle <= p.maxIdle && now.Sub(s.since) < p.idleTime {
			return
		}
		p.unlink(s)
		if s.session.workers.CloseIfIdle() {
			delete(p.all, s.session.account)
			continue
		}
		s.since = now
		p.link(s)
	}
}

// busyRetry is when a pool that is over its limit, because sessions are busy, looks again.
const busyRetry = time.Second

// arm sets the timer for the next eviction.
func (p *pool) arm(now time.Time) {
	if p.armed || p.closed || p.oldest == nil {
		return
	}
	wait := p.idleTime - now.Sub(p.oldest.since)
	if p.idle > p.maxIdle {
		wait = min(wait, busyRetry)
	}
	if wait > maxTimer {
		return // there is no time limit
	}
	p.armed = true
	if p.timer == nil {
		p.timer = time.AfterFunc(wait, p.tick)
		return
	}
	p.timer.Reset(wait)
}

// maxTimer is longer than any limit that can be meant.
const maxTimer = 1 << 61 * time.Nanosecond

func (p *pool) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.armed = false
	p.evict(now, 1000)
	p.arm(now)
}

// close lets no session be made or evicted any more, and returns all there are.
func (p *pool) close() []*Interceptor {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.timer != nil {
		p.timer.Stop()
	}
	return p.sessions()
}

// snapshot returns all sessions, and how many of them are idle.
func (p *pool) snapshot() (all []*Interceptor, idle int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions(), p.idle
}

// sessions returns all there are. The mutex is held.
func (p *pool) sessions() []*Interceptor {
	all := make([]*Interceptor, 0, len(p.all))
	for _, s := range p.all {
		all = append(all, s.session)
	}
	return all
}
