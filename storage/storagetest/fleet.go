package storagetest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/netfault"
	"github.com/chatelaine-go/chatelaine/storage"
)

// A Fleet describes to [RunFleet] a store that machines share.
type Fleet struct {
	// Open opens the store whose server is at addr, with at most ten connections. Stores opened
	// with one space have the same data, and a space that was not used before is empty: a table, a
	// prefix, a directory. It is called in other processes as well. Open registers with t.Cleanup
	// whatever has to be released.
	Open func(t *testing.T, addr, space string) storage.Store
	// Addr is the host:port of the server. The suite reaches it through a proxy
	// that cuts connections and loses responses. "": the store has no server,
	// and the checks that need one are left out.
	Addr string
	// TTL is how long a lock outlives its holder. The suite takes about thirty
	// times as long. Required.
	TTL time.Duration
	// Wake is how soon a waiter is let in after the lock was released. Default
	// 1.2 s.
	Wake time.Duration
	// Wipe removes all data of a space behind the stores' backs, as a database
	// does that comes back empty. Nil: the store cannot tell.
	Wipe func(t *testing.T, space string)
	// Failover ends the server at Addr and returns the address of the replica
	// that takes its place, with everything that the store needs of it; the suite
	// calls it once, after all other checks. Nil: the check is left out.
	Failover func(t *testing.T) (addr string)
	// Limits are those of the store. Patience must be longer than the store waits
	// for a response of its server.
	Limits Limits
}

func (f Fleet) checked() (Fleet, error) {
	var problems []error
	if f.Open == nil {
		problems = append(problems, errors.New("storagetest: Fleet.Open is nil"))
	}
	if f.TTL <= 0 {
		problems = append(problems, fmt.Errorf("storagetest: Fleet.TTL is %v; it must be positive", f.TTL))
	}
	if f.Wake < 0 {
		problems = append(problems, fmt.Errorf("storagetest: Fleet.Wake is %v; it must not be negative", f.Wake))
	}
	if f.Failover != nil && f.Addr == "" {
		problems = append(problems, errors.New("storagetest: Fleet.Failover is given without Fleet.Addr"))
	}
	if f.Wake == 0 {
		f.Wake = 1200 * time.Millisecond
	}
	return f, errors.Join(append(problems, f.Limits.check())...)
}

// grace is what the suite adds to each limit, for a busy machine.
const grace = 2 * time.Second

// RunFleet checks how a store withstands the faults of a fleet of machines: holders that are killed
// or stopped for longer than their lock lasts, connections that are cut or fall silent, responses
// that get lost, a server that is away, comes back empty or is replaced by its replica. It runs the
// test binary again for the holders that it kills. [RunShared] checks what stores do without
// faults.
func RunFleet(t *testing.T, f Fleet) {
	t.Helper()
	f, err := f.checked()
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := roleOf(); ok {
		r.playFleet(&tester{t, f.Limits}, f)
		return
	}
	for _, c := range fleetChecks() {
		t.Run(c.name, func(t *testing.T) {
			if c.server && f.Addr == "" {
				t.Skip("the store has no server")
			}
			c.run(&tester{t, f.Limits}, f, rand.Text())
		})
	}
}

type fleetCheck struct {
	name   string
	server bool // it needs one
	run    func(t *tester, f Fleet, space string)
}

func fleetChecks() []fleetCheck {
	return []fleetCheck{
		{"slow callback", false, slowCallback},
		{"many callbacks", false, manyCallbacks},
		{"holder killed", false, holderKilled},
		{"woken holder finds newer value", false, wokenFindsNewer},
		{"woken holder saves", false, wokenSaves},
		{"cut in the callback", true, cutInCallback},
		{"cut in the save", true, cutInSave},
		{"muted in the callback", true, mutedInCallback},
		{"silent server", true, silentServer},
		{"response to the save lost", true, saveResponseLost},
		{"response to the acquire lost", true, acquireResponseLost},
		{"server away at the save", true, awayAtSave},
		{"server away before", true, awayBefore},
		{"waiter wakes", false, waiterWakes},
		{"keys of any bytes", false, keysOfAnyBytes},
		{"wiped", false, wiped},
		{"failover", true, failover},
	}
}

// through opens the store through a proxy of its own.
func (f Fleet) through(t *tester, space string) (storage.Store, *netfault.Proxy) {
	t.Helper()
	p := netfault.New(t, f.Addr)
	return f.Open(t.T, p.Addr(), space), p
}

// within ends the test if call takes longer than limit.
func within(t *tester, limit time.Duration, what string, call func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		t.Fatalf("%s: still waiting after %v", what, limit)
	}
}
