package lease_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

const (
	tokenTTL = 15 * time.Minute
	idleTime = 10 * time.Minute // of a session on a machine
)

// What goes wrong. A disturbance is shorter than the lease, less the time of the slowest refresh.
const (
	disturbedEvery = 20 * time.Minute // a machine, on average
	disturbedFor   = 8 * time.Second  // at most
	lostResponse   = 2000             // one write of so many succeeds, and its response is lost
)

// A world is what the machines of one simulation share.
type world struct {
	provider *strict
	db       *table
	figures  *figures
	machines []*simulated
	portal   *simulated // where all sign in; it does not count
	ended    time.Time
}

// A simulated is one machine.
type simulated struct {
	*link
	store    *lease.Store
	sessions *auth.Sessions
}

func newWorld(t *testing.T, machines int, length time.Duration) *world {
	t.Helper()
	w := &world{
		provider: &strict{current: make(map[string]bool)}, db: newTable(), figures: newFigures(length),
		machines: make([]*simulated, machines), ended: time.Now().Add(length),
	}
	for i := range w.machines {
		w.machines[i] = w.newMachine(t, w.figures)
	}
	w.portal = w.newMachine(t, newFigures(length))
	return w
}

func (w *world) newMachine(t *testing.T, f *figures) *simulated {
	t.Helper()
	l := &link{CASBackend: lease.CAS(&view{table: w.db}), figures: f}
	store, err := lease.New(lease.Config{Backend: l})
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := auth.NewSessions(auth.SessionsConfig{MaxIdle: -1, IdleTime: idleTime, Session: auth.Config{
		BaseURL: "https://api.example.com", Store: store, Refresher: w.provider, AccountIsUser: true,
		OnEvent: func(e auth.Event) {
			if e.Kind == auth.TokenRefreshed {
				f.rotated.Add(1)
			}
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return &simulated{link: l, store: store, sessions: sessions}
}

// run returns when the time is over and all machines have closed what they had.
func (w *world) run(t *testing.T, sessions int) {
	t.Helper()
	var group sync.WaitGroup
	for i, m := range w.machines {
		// In each world, a machine has the same disturbances.
		group.Go(func() { m.disturb(w.ended, rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	for i := range sessions {
		group.Go(func() { w.use(t, "user "+strconv.Itoa(i)) })
	}
	group.Wait()
	for _, m := range append(w.machines, w.portal) {
		if err := errors.Join(m.sessions.Close(t.Context()), m.store.Close(t.Context())); err != nil {
			t.Error(err)
		}
		m.figures.add(m.store.Stats())
	}
}

func (w *world) any() *simulated { return w.machines[rand.N(len(w.machines))] }

// use signs account in, and looks at pages until the time is over. The sessions begin with tokens
// of any age, as if they had been there for long.
func (w *world) use(t *testing.T, account string) {
	t.Helper()
	pass(rand.N(time.Minute))
	if err := w.portal.sessions.Login(t.Context(), account, w.provider.login(rand.N(tokenTTL))); err != nil {
		t.Errorf("Login of %s: %v", account, err)
		return
	}
	var group sync.WaitGroup
	defer group.Wait()
	for {
		pass(time.Duration(rand.ExpFloat64() * float64(*simEvery)))
		if time.Now().After(w.ended) {
			return
		}
		for range *simCalls {
			group.Go(func() {
				pass(rand.N(*simWithin))
				w.call(t.Context(), account)
			})
		}
	}
}

// call asks any machine for the token of account.
func (w *world) call(ctx context.Context, account string) {
	began := time.Now()
	a, release, err := w.any().sessions.For(ctx, account)
	if err == nil {
		_, err = a.Token(ctx)
		release()
	}
	w.figures.called(time.Since(began), err)
}

// A strict is a provider that ends a session when a spent token comes again.
type strict struct {
	mu                        sync.Mutex
	current                   map[string]bool
	issued, refreshes, reuses int
}

func (p *strict) issue(ttl time.Duration) auth.Token {
	p.issued++
	refresh := strconv.Itoa(p.issued)
	p.current[refresh] = true
	return auth.Token{AccessToken: "access-" + refresh, RefreshToken: refresh, Expiry: time.Now().Add(ttl)}
}

func (p *strict) login(ttl time.Duration) auth.Token {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.issue(ttl)
}

// Refresh implements auth.Refresher. A token is spent at once; the response takes 50 ms on average,
// and up to 5 s once in 200 times.
func (p *strict) Refresh(ctx context.Context, old auth.Token) (auth.Token, error) {
	if err := ctx.Err(); err != nil {
		return auth.Token{}, err
	}
	next, ok := p.rotate(old.RefreshToken)
	if !ok {
		return auth.Token{}, auth.ErrInvalidGrant
	}
	slow := 20*time.Millisecond + rand.N(60*time.Millisecond)
	if rand.N(200) == 0 {
		slow = time.Second + rand.N(4*time.Second)
	}
	pass(slow)
	return next, nil
}

func (p *strict) rotate(refresh string) (next auth.Token, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.current[refresh] {
		p.reuses++
		return auth.Token{}, false
	}
	delete(p.current, refresh)
	p.refreshes++
	return p.issue(tokenTTL), true
}
