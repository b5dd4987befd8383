package auth_test

import (
	"context"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
)

// modelMinter makes sessions of alice out of nothing.
type modelMinter struct {
	auth.Refresher

	process *modelProcess
}

// Mint makes a session, over the same network as a refresh.
func (m modelMinter) Mint(ctx context.Context) (auth.Token, error) {
	p := m.process
	ctx, release := p.bind(ctx)
	defer release()
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return auth.Token{}, errKilled
	}
	p.checkMint()
	p.minters[p] = true
	fault := takeFault(&p.refreshFaults)
	way := p.delay(uint64(p.tick()))
	p.note("p%d mints (%s)", p.number, fault)
	p.busy++
	begun := time.Now()
	p.mu.Unlock()

	if strings.HasSuffix(fault, "slow") {
		way, fault = 3*time.Second, ""
	}
	arrived := modelPause(ctx, way)

	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.minters, p)
	p.busy--
	switch {
	case p.dead:
		return auth.Token{}, errKilled
	case !arrived:
		p.count("mints that failed")
		return auth.Token{}, ctx.Err()
	case fault != "":
		p.count("mints that failed")
		return auth.Token{}, &auth.RefreshError{Err: errReset}
	}
	issued := p.server.Issue("alice")
	f := p.ledger.open("alice")
	f.begun = begun
	if old := p.ledger.record; old != nil {
		f.before = old.family
	}
	pair := p.ledger.add(f, issued.AccessToken, issued.RefreshToken)
	pair.holder, pair.delivered, pair.due = p, true, p.dueFrom(time.Now())
	p.minted[f], p.failures, p.current, p.changed = true, nil, nil, p.tick()
	p.note("p%d gets %v", p.number, f)
	p.count("mints")
	t := auth.Token{AccessToken: issued.AccessToken, RefreshToken: issued.RefreshToken}
	if !p.noExpiry {
		t.Expiry = issued.Expiry
	}
	return t, nil
}

// checkMint looks at a session that is about to be made. The mutex is held.
func (p *modelProcess) checkMint() {
	for other := range p.minters {
		if !other.dead {
			p.breach("p%d mints while p%d does", p.number, other.number)
		}
	}
	if old := p.ledger.record; old != nil && !old.family.dead {
		p.breach("p%d mints although the server honors %v", p.number, old.family)
	}
}
