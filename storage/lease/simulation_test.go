package lease_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// How large the simulation is.
var (
	simMachines = flag.Int("simulation.machines", 20, "how many machines")
	simSessions = flag.Int("simulation.sessions", 200, "how many sessions, each on every machine")
	simTime     = flag.Duration("simulation.time", 10*time.Minute, "virtual time")
)

// A strict is a provider that ends a session when a spent token comes again.
type strict struct {
	mu                        sync.Mutex
	current                   map[string]bool
	issued, refreshes, reuses int
}

const simTTL = 5 * time.Minute

func (p *strict) issue() auth.Token {
	p.issued++
	refresh := strconv.Itoa(p.issued)
	p.current[refresh] = true
	return auth.Token{AccessToken: "access-" + refresh, RefreshToken: refresh, Expiry: time.Now().Add(simTTL)}
}

func (p *strict) login() auth.Token {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.issue()
}

// Refresh implements auth.Refresher. The provider takes 50 ms on average.
func (p *strict) Refresh(ctx context.Context, old auth.Token) (auth.Token, error) {
	if err := ctx.Err(); err != nil {
		return auth.Token{}, err
	}
	p.mu.Lock()
	if !p.current[old.RefreshToken] {
		p.reuses++
		p.mu.Unlock()
		return auth.Token{}, auth.ErrInvalidGrant
	}
	delete(p.current, old.RefreshToken)
	p.refreshes++
	next := p.issue()
	p.mu.Unlock()
	pass(rand.N(100 * time.Millisecond))
	return next, nil
}

// simulated is what the machines of a simulation share.
type simulated struct {
	provider *strict
	rotated  atomic.Int64
	failed   atomic.Int64
	mu       sync.Mutex
	waits    []time.Duration
}

func (s *simulated) sessions(t *testing.T, store auth.Store) *auth.Sessions {
	t.Helper()
	sessions, err := auth.NewSessions(auth.SessionsConfig{MaxIdle: -1, IdleTime: -1, Session: auth.Config{
		BaseURL: "https://api.example.com", Store: store, Refresher: s.provider, AccountIsUser: true,
		OnEvent: func(e auth.Event) {
			if e.Kind == auth.TokenRefreshed {
				s.rotated.Add(1)
			}
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return sessions
}

// call asks for the token of a random session.
func (s *simulated) call(ctx context.Context, sessions *auth.Sessions) {
	began := time.Now()
	a, release, err := sessions.For(ctx, "user "+strconv.Itoa(rand.N(*simSessions)))
	if err == nil {
		_, err = a.Token(ctx)
		release()
	}
	if err != nil {
		s.failed.Add(1)
	}
	if waited := time.Since(began); waited > 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.waits = append(s.waits, waited)
	}
}

// TestSimulation runs the code of auth and lease on many machines in virtual time. Databases take
// 1 ms; now and then a machine's connection fails for less than its lease lasts. Nothing that is
// spent is spent again.
func TestSimulation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &simulated{provider: &strict{current: make(map[string]bool)}}
		db := newTable()
		first := db.machine(t, lease.Config{})
		sessions := s.sessions(t, first.Store)
		for i := range *simSessions {
			a, release, err := sessions.For(t.Context(), "user "+strconv.Itoa(i))
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Login(t.Context(), s.provider.login()); err != nil {
				t.Fatal(err)
			}
			release()
		}
		if err := sessions.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), *simTime)
		defer cancel()
		var group sync.WaitGroup
		machines := make([]machine, *simMachines)
		// Each session is used about every ten seconds, whatever the number of machines.
		pace := 10 * time.Second * time.Duration(*simMachines) / time.Duration(*simSessions)
		for i := range machines {
			machines[i] = db.machine(t, lease.Config{})
			group.Go(func() { s.machine(ctx, t, machines[i], pace) })
		}
		group.Wait()
		var total lease.Stats
		for _, m := range machines {
			st := m.Stats()
			total.Updates += st.Updates
			total.Acquires += st.Acquires
			total.Renewals += st.Renewals
			total.Commits += st.Commits
		}
		p := s.provider
		if p.reuses != 0 || int(s.rotated.Load()) != p.refreshes || p.refreshes == 0 || len(p.current) != *simSessions {
			t.Errorf("%d refreshes at the provider, %d counted by machines, %d reuses, %d sessions; want equal numbers, 0, %d",
				p.refreshes, s.rotated.Load(), p.reuses, len(p.current), *simSessions)
		}
		slices.Sort(s.waits)
		at := func(q float64) time.Duration { return s.waits[int(q*float64(len(s.waits)-1))].Round(time.Millisecond) }
		each := func(n uint64) string { return fmt.Sprintf("%.2f", float64(n)/float64(p.refreshes)) }
		t.Logf("%d machines, %d sessions, %v: %d refreshes, for each %s updates and %s lease operations; %d calls waited, "+
			"p50 %v, p99 %v, p99.9 %v; %d failed", *simMachines, *simSessions, *simTime, p.refreshes, each(total.Updates),
			each(total.Acquires+total.Renewals+total.Commits), len(s.waits), at(0.5), at(0.99), at(0.999), s.failed.Load())
	})
}

// machine calls until ctx ends, and then closes what it has.
func (s *simulated) machine(ctx context.Context, t *testing.T, m machine, pace time.Duration) {
	t.Helper()
	sessions := s.sessions(t, m.Store)
	for ctx.Err() == nil {
		pass(rand.N(2 * pace))
		s.call(ctx, sessions)
		if rand.N(2000) == 0 {
			m.setFault(down)
			time.AfterFunc(rand.N(10*time.Second), func() { m.setFault(nil) })
		}
	}
	m.setFault(nil)
	closing := context.WithoutCancel(ctx)
	if err := errors.Join(sessions.Close(closing), m.Close(closing)); err != nil {
		t.Error(err)
	}
}
