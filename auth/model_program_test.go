package auth_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// program is a configuration and what happens, all of it made from a seed.
type program struct {
	seed      uint64
	processes int
	ttl       time.Duration // of access tokens
	grace     time.Duration // in which the server forgives a second use
	offset    time.Duration // of the server's clock
	opaque    bool          // access tokens are no JWTs
	noExpiry  bool          // the server does not tell how long they live
	oauth     bool          // the dialect
	revoker   bool          // Logout tells the server
	minter    bool          // sessions are made out of nothing as well
	required  bool          // nothing is sent unsigned
	graves    bool          // the store keeps why a session ended
	swift     bool          // the network takes no time
	lockstep  bool          // everything settles after every step
	timeout   time.Duration // of a refresh
	steps     []modelStep
}

// modelStep is one thing that happens.
type modelStep struct {
	do      string
	process int
	what    string
	n       int
	d       time.Duration
	flag    bool
}

// String is the step in one line.
func (s modelStep) String() string {
	return fmt.Sprintf("%s p%d %q n=%d d=%v %t", s.do, s.process, s.what, s.n, s.d, s.flag)
}

// chances says how often each kind of step comes up.
func chances() map[string]int {
	return map[string]int{
		"request": 30, "token": 4, "refresh": 3, "status": 2, "login": 6, "logout": 5, "wait": 16, "expire": 9, "reload": 2, "renew": 2,
		"token endpoint": 12, "api": 4, "store": 9, "hold lock": 3, "crash": 4, "crash at": 7, "close": 2, "revoke all": 1,
	}
}

func newProgram(seed uint64) *program {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &program{
		seed:      seed,
		processes: 1 + r.IntN(3),
		ttl:       pick(r, 20*time.Second, time.Minute, 5*time.Minute, time.Hour),
		grace:     pick(r, 0, 0, 0, 20*time.Second),
		offset:    pick(r, 0, 0, time.Hour, -time.Hour),
		opaque:    r.IntN(2) == 0,
		noExpiry:  r.IntN(4) == 0,
		oauth:     r.IntN(2) == 0,
		revoker:   r.IntN(2) == 0,
		swift:     r.IntN(4) == 0,
		lockstep:  r.IntN(2) == 0,
		timeout:   pick(r, 30*time.Second, 5*time.Second),
	}
	p.minter, p.required, p.graves = r.IntN(4) == 0, r.IntN(4) == 0, r.IntN(3) == 0
	// Programs that do a few things only get deeper into them.
	weights := chances()
	for _, do := range sortedKeys(weights) {
		if do != "request" && r.IntN(10) < 3 {
			delete(weights, do)
		}
	}
	if r.IntN(10) > 0 {
		p.steps = append(p.steps, modelStep{do: "login", what: "alice"})
	}
	for range 8 + r.IntN(40) {
		p.steps = append(p.steps, newStep(r, p, weights))
	}
	return p
}

func newStep(r *rand.Rand, p *program, weights map[string]int) modelStep {
	total := 0
	for _, n := range weights {
		total += n
	}
	s := modelStep{process: r.IntN(p.processes), n: 1 + r.IntN(4), flag: r.IntN(2) == 0}
	at := r.IntN(total)
	for _, do := range sortedKeys(weights) {
		if at -= weights[do]; at < 0 {
			s.do = do
			break
		}
	}
	switch s.do {
	case "request":
		s.what = pick(r, "get", "get", "get", "get", "get", "post", "one shot", "redirect", "stray", "foreign", "unsigned", "own header")
		s.d = pick(r, 0, 0, 0, time.Millisecond, 30*time.Millisecond, time.Second, 10*time.Second)
	case "token", "refresh", "status", "reload", "renew", "logout":
		s.d = pick(r, 0, 0, 30*time.Millisecond, 10*time.Second)
	case "login":
		s.what = pick(r, "alice", "alice", "alice", "bob")
		s.d = pick(r, 0, 0, 10*time.Second)
		if p.minter { // an account stands for one user then
			s.what = "alice"
		}
	case "wait":
		s.d = pick(r, time.Millisecond, 10*time.Millisecond, 100*time.Millisecond, time.Second, 3*time.Second, 10*time.Second,
			31*time.Second, p.ttl*17/20, p.ttl, 10*time.Minute, 90*time.Minute)
	case "token endpoint":
		s.what = pick(r, "503", "429", "429 date", "500 html", "403 html", "200 html", "invalid_client", "empty 502",
			"reset", "black hole", "answer lost", "answer cut", "slow", "very slow")
		s.n = pick(r, 1, 1, 2, 6)
	case "api":
		s.what = pick(r, "500", "401", "403", "reset", "slow")
	case "store":
		s.what = pick(r, "load", "refuse", "save", "save", "save after all", "slow lock", "slow save")
		s.n = pick(r, 1, 1, 2, 8)
	case "hold lock":
		s.d = pick(r, 100*time.Millisecond, 3*time.Second, 40*time.Second, 90*time.Second)
	case "crash at":
		s.what = pick(r, "request sent", "request served", "answer read", "save done")
	case "close":
		s.d = pick(r, time.Second, time.Minute)
	}
	return s
}

// without leaves steps out.
func (p *program) without(at, n int) *program {
	shorter := *p
	shorter.steps = slices.Concat(p.steps[:at], p.steps[at+n:])
	return &shorter
}

// String lists configuration and steps.
func (p *program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d processes, tokens live %v (opaque %t, life not told %t), grace %v, server's clock %v ahead, timeout %v\n",
		p.processes, p.ttl, p.opaque, p.noExpiry, p.grace, p.offset, p.timeout)
	fmt.Fprintf(&b, "oauth %t, revoker %t, minter %t, login required %t, tombstones %t, swift %t, lockstep %t\n",
		p.oauth, p.revoker, p.minter, p.required, p.graves, p.swift, p.lockstep)
	for i, s := range p.steps {
		fmt.Fprintf(&b, "%3d %v\n", i, s)
	}
	return b.String()
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
