package auth_test

import (
	"fmt"
	"slices"
	"time"
)

// modelFamily is a session as the server sees it: a login and all pairs of tokens that came of it.
type modelFamily struct {
	number  int
	user    string
	pairs   []*modelPair
	dead    bool // the server has ended it
	deleted bool // it has been removed from the store, or lost its place there
	stored  int  // when it first was in the store, by the world's count; 0: never
	since   time.Time
	flying  map[*modelTrip]bool // refreshes under way
	begun   time.Time           // when a Minter began to make it; zero: none did
	before  *modelFamily        // whose place it took when that was dead: a session that was minted goes on under its name
}

// String names it.
func (f *modelFamily) String() string { return fmt.Sprintf("session %d of %s", f.number, f.user) }

// modelPair is what a login or a refresh brought.
type modelPair struct {
	family          *modelFamily
	number          int
	access, refresh string
	due             time.Time // when a client may refresh it ahead of time; zero: never

	next      *modelPair    // what the refresh token was spent for
	holder    *modelProcess // who got the pair from the server
	delivered bool          // to a process that lives
	stored    bool
	unsaved   int  // when saving it failed, by the world's count; 0: it did not
	lost      bool // its holder ended before it was stored

	refused map[*modelProcess]int // departure of the newest request that was refused with it
	failed  map[*modelProcess]modelFailure
}

// String names it.
func (p *modelPair) String() string { return fmt.Sprintf("pair %d of %v", p.number, p.family) }

// modelFailure is a refresh that a process saw fail.
type modelFailure struct {
	moment int
	at     time.Time
	wait   time.Duration // what the server asked for
}

// known reports whether the pair can be expected in the store, and its predecessor not to be used
// again: nothing that went wrong with it excuses that.
func (p *modelPair) known() bool {
	if p.stored {
		return true
	}
	return p.delivered && !p.lost && p.unsaved == 0 && p.holder.out[p.family] == 0 && p.holder.leaving == 0
}

// ledger knows every token.
type ledger struct {
	families  []*modelFamily
	byAccess  map[string]*modelPair
	byRefresh map[string]*modelPair
	record    *modelPair // what the store holds
}

func newLedger() *ledger {
	return &ledger{byAccess: make(map[string]*modelPair), byRefresh: make(map[string]*modelPair)}
}

// open begins a family.
func (l *ledger) open(user string) *modelFamily {
	f := &modelFamily{number: len(l.families) + 1, user: user, flying: make(map[*modelTrip]bool)}
	l.families = append(l.families, f)
	return f
}

// add enters a pair; the one that is there if the server repeats it.
func (l *ledger) add(f *modelFamily, access, refresh string) *modelPair {
	if p := l.byRefresh[refresh]; p != nil {
		return p
	}
	p := &modelPair{
		family: f, number: len(f.pairs) + 1, access: access, refresh: refresh,
		refused: make(map[*modelProcess]int), failed: make(map[*modelProcess]modelFailure),
	}
	f.pairs = append(f.pairs, p)
	l.byAccess[access], l.byRefresh[refresh] = p, p
	return p
}

// newest is the newest pair of a family that has reached a client.
func (f *modelFamily) newest() *modelPair {
	for _, p := range slices.Backward(f.pairs) {
		if p.delivered {
			return p
		}
	}
	return nil
}

// bury notes that the holder of pairs is gone.
func (l *ledger) bury(p *modelProcess) {
	for _, f := range l.families {
		for _, pair := range f.pairs {
			if pair.holder == p && !pair.stored {
				pair.lost = true
			}
		}
	}
}

// revoke notes that the server has ended every session.
func (l *ledger) revoke() {
	for _, f := range l.families {
		f.dead = true
	}
}
