package auth_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage"
)

// world is everything that a program runs in.
type world struct {
	*program

	t       *testing.T
	server  *authtest.Server
	handler http.Handler
	disk    *storage.Memory
	begin   time.Time
	calls   sync.WaitGroup

	mu            sync.Mutex
	ledger        *ledger
	processes     []*modelProcess
	now           int // counts everything that happens
	called        int
	busy          int                    // refreshes and updates under way
	minters       map[*modelProcess]bool // which make a session now
	refreshFaults []string
	apiFaults     []string
	log           []string
	broken        string
	tally         map[string]int
}

func newWorld(t *testing.T, p *program) *world {
	t.Helper()
	shape := authtest.ExpiresInSeconds
	if p.noExpiry {
		shape = authtest.ExpiresInAbsent
	}
	server := authtest.NewServer(authtest.Config{
		InMemory: true, AccessTTL: p.ttl, RefreshTTL: 12 * time.Hour, ReuseGrace: p.grace, ClockOffset: p.offset,
		OpaqueTokens: p.opaque, ExpiresIn: shape,
	})
	w := &world{
		program: p, t: t, server: server, handler: server.Handler(), disk: storage.NewMemory(), begin: time.Now(),
		ledger: newLedger(), tally: make(map[string]int), minters: make(map[*modelProcess]bool),
	}
	for i := range p.processes {
		w.processes = append(w.processes, nil)
		w.start(i)
	}
	return w
}

// tick returns the number of the present moment. The mutex is held.
func (w *world) tick() int {
	w.now++
	return w.now
}

// note adds a line to the log. The mutex is held.
func (w *world) note(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf("%10v  ", time.Since(w.begin).Round(100*time.Microsecond))+fmt.Sprintf(format, args...))
}

// breach notes a broken promise; the first one counts. The mutex is held.
func (w *world) breach(format string, args ...any) {
	w.note("BROKEN: "+format, args...)
	if w.broken == "" {
		w.broken = fmt.Sprintf(format, args...)
	}
}

// count is for the tally. The mutex is held.
func (w *world) count(what string) { w.tally[what]++ }

func (w *world) outcome() breach {
	w.mu.Lock()
	defer w.mu.Unlock()
	return breach{what: w.broken, log: strings.Join(w.log, "\n"), tally: maps.Clone(w.tally)}
}

func (w *world) isBroken() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken != ""
}

// modelProcess is one life of a process.
type modelProcess struct {
	*world

	number  int
	session *auth.Interceptor
	client  *http.Client
	store   *modelStore

	// The mutex of the world guards the rest.
	dead     bool
	closing  bool
	crashAt  string
	cancels  map[int]context.CancelFunc
	trips    uint64 // refreshes that departed
	failures []time.Time

	current    *modelFamily          // whose token it used last
	used       map[*modelFamily]int  // since when
	seen       map[*modelFamily]int  // in the store, last
	sawNone    int                   // when it last found the store empty
	out        map[*modelFamily]int  // when a Logout of it returned
	doomed     map[*modelFamily]bool // found in the store by a Logout
	minted     map[*modelFamily]bool
	sawDead    bool      // a tombstone says that the server has refused a refresh token
	leaving    int       // Logouts under way
	entering   int       // Logins under way
	forcing    int       // calls of Refresh under way
	asking     bool      // Refresh was called, and has not come to anything yet
	left       time.Time // when Logout was last called
	changed    int       // when the session last began or ended
	signedIn   bool
	reported   int          // the last PersistFailed
	troubled   bool         // a refresh has failed
	verdict    bool         // the server has refused a refresh token for good
	stubborn   time.Time    // when a fresh token was last refused
	user       string       // whom it works for, unless it has logged out or in itself
	replaced   bool         // its session was replaced by another process's
	storeFault bool         // the store has ever failed it
	evicted    []*modelCall // that were told to log in
	misled     []*modelCall // that were told that a refresh had failed
}

// maxRemembered is how long a path that refuses a fresh token is remembered at most.
const maxRemembered = 8 * time.Minute

// start begins a new life of a process.
func (w *world) start(number int) *modelProcess {
	p := &modelProcess{
		world: w, number: number, cancels: make(map[int]context.CancelFunc), used: make(map[*modelFamily]int),
		seen: make(map[*modelFamily]int), doomed: make(map[*modelFamily]bool), out: make(map[*modelFamily]int),
		minted: make(map[*modelFamily]bool),
	}
	p.store = &modelStore{process: p}
	network := &modelNetwork{process: p}
	c := auth.Config{BaseURL: w.server.URL, Store: p.store, OnEvent: p.event, RefreshTimeout: w.timeout, RequireLogin: w.required}
	c.Refresher = auth.JSONRefresher{URL: "/auth/refresh", Transport: network}
	if w.oauth {
		c.Refresher = auth.OAuth2Refresher{
			Config:    &oauth2.Config{ClientID: "model", Endpoint: oauth2.Endpoint{TokenURL: "/oauth/token"}},
			Transport: network,
		}
	}
	if w.revoker {
		c.Revoke = auth.OAuth2Revoker{URL: w.server.URL + "/oauth/revoke", ClientID: "model", Transport: network}.Revoke
	}
	if w.minter {
		c.Refresher = modelMinter{c.Refresher, p}
	}
	session, err := auth.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	p.session, p.client = session, &http.Client{Transport: chain.New(session).Transport(network)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.processes[number] = p
	w.note("p%d starts", number)
	return p
}

// up returns the process, started if it is not running; nil while it is closing.
func (w *world) up(number int) *modelProcess {
	w.mu.Lock()
	p := w.processes[number]
	dead, closing := p.dead, p.closing
	w.mu.Unlock()
	switch {
	case dead:
		return w.start(number)
	case closing:
		return nil
	default:
		return p
	}
}

// die ends the process as a kill does: nothing it has under way gets any further.
func (p *modelProcess) die(how string) {
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return
	}
	p.dead = true
	p.note("p%d ends: %s", p.number, how)
	p.count(how)
	p.ledger.bury(p)
	cancels := p.cancels
	p.cancels = nil
	p.mu.Unlock()
	for _, cancel := range cancels {
		cancel()
	}
	// What is left of it are goroutines that a kill would have ended.
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	_ = p.session.Close(gone)
}

// dies reports whether the process ends here, and lets it.
func (p *modelProcess) dies(point string) bool {
	p.mu.Lock()
	hit := p.crashAt == point && !p.dead
	if hit {
		p.crashAt = ""
	}
	dead := p.dead
	p.mu.Unlock()
	if hit {
		p.die("crash: " + point)
	}
	return hit || dead
}

// bind makes a context end with the process.
func (p *modelProcess) bind(ctx context.Context) (bound context.Context, release func()) {
	bound, cancel := context.WithCancel(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		cancel()
		return bound, cancel
	}
	id := p.tick()
	p.cancels[id] = cancel
	return bound, func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.cancels, id)
	}
}

// play runs the program.
func (w *world) play() {
	for i, s := range w.steps {
		w.mu.Lock()
		w.note("step %d: %v", i, s)
		w.count("steps")
		w.mu.Unlock()
		w.step(s)
		w.settle(w.lockstep || s.flag)
		if w.isBroken() {
			break
		}
	}
	w.finish()
}

// settle lets everything happen that takes no time, and looks at what has become of it.
func (w *world) settle(wait bool) {
	if !wait {
		return
	}
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.checkStore()
	for _, p := range w.processes {
		p.checkExcuses()
	}
}

// delay is how long one half of a way through the network takes.
func (w *world) delay(key ...uint64) time.Duration {
	if w.swift {
		return 0
	}
	r := w.chance(key...)
	return pick(r, 0, time.Millisecond, 3*time.Millisecond, 20*time.Millisecond, 150*time.Millisecond)
}

// chance is what a seed says about something that can be named.
func (w *world) chance(key ...uint64) *rand.Rand {
	h := w.seed
	for _, k := range key {
		h = (h ^ k) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	return rand.New(rand.NewPCG(h, 2))
}

// modelPause waits; false if ctx ends first.
func modelPause(ctx context.Context, d time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
