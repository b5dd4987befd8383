package auth_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage"
)

var (
	modelCases = flag.Int("model.cases", 400, "how many random histories TestModel plays")
	modelSeed  = flag.Uint64("model.seed", 0, "play this one history again, and tell it")
)

// TestModel plays random histories of up to three processes that share a session at a strict server: requests, expiries,
// refreshes that fail in every way, lost answers, logins, logouts, cancellations, stores that fail, crashes and restarts. After
// every history, and at rest in between, the invariants of the package must hold. Each history runs on the clock of a bubble.
//
// On a failure: go test ./auth -run TestModel -model.seed=N.
func TestModel(t *testing.T) {
	t.Parallel()
	if *modelSeed != 0 {
		synctest.Test(t, func(t *testing.T) { play(t, *modelSeed, t.Logf) })
		return
	}
	for seed := uint64(1); seed <= uint64(max(*modelCases, 0)); seed++ {
		synctest.Test(t, func(t *testing.T) { play(t, seed, func(string, ...any) {}) })
		if t.Failed() {
			t.Fatalf("history %d: play it again with -model.seed=%d", seed, seed)
		}
	}
}

// world is one history.
type world struct {
	t      *testing.T
	rng    *rand.Rand
	logf   func(string, ...any)
	server *authtest.Server
	shared *storage.Memory
	procs  []*modelProcess
	calls  sync.WaitGroup

	mu        sync.Mutex
	refreshes int      // under way, of living processes
	newest    string   // the refresh token the server gave out last and somebody received
	issued    []string // access tokens
	doubts    int      // answers that may have been lost, and saves that failed: each may cost the session
	reuses    int      // before the last login
	saveFails bool
	loadFails bool
	broken    []string
}

func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}

// play runs the history of a seed.
func play(t *testing.T, seed uint64, logf func(string, ...any)) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 7))
	w := &world{
		t: t, rng: rng, logf: logf, shared: storage.NewMemory(),
		server: authtest.NewServer(authtest.Config{InMemory: true, AccessTTL: time.Minute, Rotation: authtest.Rotate}),
	}
	for range 1 + rng.IntN(3) {
		w.procs = append(w.procs, w.start())
	}
	w.login(w.procs[0])
	for step := range 10 + rng.IntN(30) {
		w.act(step)
		if rng.IntN(4) == 0 {
			w.rest()
		}
	}
	w.rest()
	w.finish()
	for _, b := range w.broken {
		t.Errorf("history %d: %s", seed, b)
	}
	if t.Failed() {
		t.Logf("%v", w.server.Timeline())
	}
}

// act does something at random.
func (w *world) act(step int) {
	p := w.procs[w.rng.IntN(len(w.procs))]
	switch n := w.rng.IntN(100); {
	case n < 40:
		w.request(p, step)
	case n < 55:
		w.logf("%d: expire", step)
		w.server.ExpireAccess()
	case n < 62:
		status := []int{500, 503, 429, 408, 403, 200}[w.rng.IntN(6)]
		w.logf("%d: the next refresh is answered %d", step, status)
		w.server.FailRefresh(1, status, http.Header{"Content-Type": {"text/html"}}, "<html>")
	case n < 65:
		w.logf("%d: the next answer is lost", step)
		w.server.DropAfterRotate(1)
	case n < 70:
		d := time.Duration(w.rng.IntN(40)) * time.Second
		w.logf("%d: refreshes take %v", step, d)
		w.server.DelayRefresh(d)
	case n < 80:
		d := time.Duration(w.rng.IntN(50)) * time.Second
		w.logf("%d: %v pass", step, d)
		sleep(d)
	case n < 84:
		w.toggle(step)
	case n < 88:
		w.crash(step, p)
	case n < 92:
		w.logf("%d: process %d logs in", step, p.n)
		w.login(p)
	case n < 95:
		w.logout(step, p)
	case n < 97:
		w.logf("%d: the server ends all sessions", step)
		w.revoke()
	default:
		w.logf("%d: a redirect to a stranger", step)
		w.call(context.Background(), p, "/redirect?to="+w.server.Foreign().URL+"/steal")
	}
}

const refreshTimeout = 30 * time.Second

// revoke ends all sessions, which excuses every process that is logged out because of it.
func (w *world) revoke() {
	w.server.RevokeAll()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.procs {
		p.excused = true
	}
}

func (w *world) toggle(step int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rng.IntN(2) == 0 {
		w.saveFails = !w.saveFails
	} else {
		w.loadFails = !w.loadFails
	}
	w.logf("%d: saves fail: %v, loads fail: %v", step, w.saveFails, w.loadFails)
}

func (w *world) request(p *modelProcess, step int) {
	ctx := context.Background()
	if w.rng.IntN(5) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		after := time.Duration(w.rng.IntN(3000)) * time.Millisecond
		w.logf("%d: process %d sends a request and gives up after %v", step, p.n, after)
		time.AfterFunc(after, cancel)
	} else {
		w.logf("%d: process %d sends a request", step, p.n)
	}
	for range 1 + w.rng.IntN(3) {
		w.call(ctx, p, "/me")
	}
}

// call sends a request on a goroutine of its own.
func (w *world) call(ctx context.Context, p *modelProcess, path string) {
	started := p.logouts()
	ctx = context.WithValue(ctx, startedKey{}, started)
	w.calls.Go(func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
		if err != nil {
			w.fail("%v", err)
			return
		}
		resp, err := p.client.Do(req)
		if err != nil {
			if !known(err) {
				w.fail("process %d: an error of no kind: %v", p.n, err)
			}
			return
		}
		_ = resp.Body.Close()
	})
}

type startedKey struct{}

// known tells whether the caller can do something with the error.
func known(err error) bool {
	for _, k := range []error{
		context.Canceled, auth.ErrLoginRequired, auth.ErrRefreshFailed, auth.ErrClosed, errDisk, errDead,
	} {
		if errors.Is(err, k) {
			return true
		}
	}
	return false
}

func (w *world) login(p *modelProcess) {
	pair := w.server.Issue("alice")
	w.mu.Lock()
	w.issued = append(w.issued, pair.AccessToken)
	w.mu.Unlock()
	err := p.session.Login(context.Background(), token(pair))
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		p.excused = false
		w.newest, w.doubts, w.reuses = pair.RefreshToken, 0, w.server.Stats().Reuses
		return
	}
	if !errors.Is(err, auth.ErrPersist) {
		w.broken = append(w.broken, fmt.Sprintf("Login: %v", err))
	}
}

func (w *world) logout(step int, p *modelProcess) {
	w.logf("%d: process %d logs out", step, p.n)
	err := p.session.Logout(context.Background())
	if err != nil && !errors.Is(err, auth.ErrPersist) {
		w.fail("Logout: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doubts++                   // other processes have yet to notice
	for _, t := range w.issued { // also one that a refresh has brought too late
		p.ended[t] = true
	}
	p.left++
}

// crash ends a process without Close, whatever it is doing, and starts another in its place.
func (w *world) crash(step int, p *modelProcess) {
	w.logf("%d: process %d crashes", step, p.n)
	p.die()
	w.procs[p.n] = w.start()
	w.procs[p.n].n, w.procs[p.n].excused = p.n, p.excused // what is stored may be dead
}

// rest lets everything come to its end and checks what must be true then.
func (w *world) rest() {
	w.server.DelayRefresh(0)
	w.calls.Wait()
	synctest.Wait()
	w.mu.Lock()
	newest, doubts, reuses, faults := w.newest, w.doubts, w.reuses, w.saveFails || w.loadFails
	w.mu.Unlock()
	stats := w.server.Stats()
	if stats.Reuses > reuses && doubts == 0 {
		w.fail("a refresh token was spent twice without a reason")
	}
	if stats.ForeignTokens > 0 {
		w.fail("a stranger has seen a token")
	}
	if doubts > 0 || faults || stats.Sessions == 0 {
		return
	}
	data, err := w.shared.Load(context.Background(), "default")
	if err == nil && strings.Contains(string(data), newest) {
		return
	}
	for _, p := range w.procs {
		if st, err := p.session.Status(context.Background()); err == nil && st.Unsaved {
			return
		}
	}
	w.fail("the newest token is neither stored nor reported as not stored (%v)", err)
}

func (w *world) finish() {
	for _, p := range w.procs {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		if err := p.session.Close(ctx); err != nil && !errors.Is(err, auth.ErrPersist) {
			w.fail("Close: %v", err)
		}
		cancel()
		p.client.CloseIdleConnections()
	}
	sleep(2 * time.Minute) // for what dead processes have begun
	w.server.Close()
	synctest.Wait()
}

func (w *world) start() *modelProcess {
	p := &modelProcess{world: w, n: len(w.procs), ended: make(map[string]bool)}
	session, err := auth.New(auth.Config{
		BaseURL:        w.server.URL,
		Store:          &modelStore{world: w, process: p},
		Refresher:      auth.JSONRefresher{URL: "/auth/refresh", Transport: &modelWire{world: w, process: p}},
		RefreshTimeout: refreshTimeout,
		RefreshWindow:  auth.RefreshWindow{MaxAttempts: -1},
		OnEvent:        p.event,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	p.session = session
	p.client = &http.Client{Transport: chain.New(session).Transport(&modelWire{world: w, process: p})}
	return p
}
