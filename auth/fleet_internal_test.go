package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// sharedStore is a store with everything that stores of many machines may offer. Its updates give
// the function that they call the value old.
type sharedStore struct {
	old        []byte
	err        error
	tombstones bool
	settled    bool   // UpdateUnless: what its function said of old
	written    []byte // what Update or UpdateUnless got
	by, key    string
}

func (s *sharedStore) Load(context.Context, string) ([]byte, error) { return s.old, s.err }

func (s *sharedStore) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) (err error) {
	if s.by == "" {
		s.by = "Update"
	}
	if s.key = key; s.err != nil {
		return s.err
	}
	s.written, err = fn(ctx, s.old)
	return err
}

func (s *sharedStore) UpdateUnless(
	ctx context.Context, key string, settled func([]byte) bool, fn func(context.Context, []byte) ([]byte, error),
) error {
	s.by = "UpdateUnless"
	if s.settled = settled(s.old); s.settled {
		return nil
	}
	return s.Update(ctx, key, fn)
}

func (s *sharedStore) Tombstones() bool { return s.tombstones }

// plainStore has nothing but the methods of Store.
type plainStore struct{ s *sharedStore }

func (p plainStore) Load(ctx context.Context, key string) ([]byte, error) { return p.s.Load(ctx, key) }

func (p plainStore) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	return p.s.Update(ctx, key, fn)
}

// persistenceOf returns the access to a store.
func persistenceOf(s Store) *persistence {
	_, o, err := origin.Parse("https://api.example.com")
	if err != nil {
		panic(err)
	}
	return &persistence{store: s, account: "default", origins: origin.Set{o}, writes: make(chan struct{}, 1), journal: new(journal)}
}

// says is an error of a store of many machines.
type says struct{ lost, dataLost bool }

func (e says) Error() string  { return fmt.Sprintf("lost %v, data lost %v", e.lost, e.dataLost) }
func (e says) Lost() bool     { return e.lost }
func (e says) DataLost() bool { return e.dataLost }

// TestFleet_words: what an error and a context of the store say counts also if it is wrapped, and
// only if it says so.
func TestFleet_words(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err            error
		lost, dataLost bool
	}{
		{nil, false, false},
		{errDown, false, false},
		{says{}, false, false},
		{says{lost: true}, true, false},
		{fmt.Errorf("the store: %w", says{lost: true}), true, false},
		{fmt.Errorf("the store: %w", says{dataLost: true}), false, true},
		{errors.Join(errDown, says{lost: true, dataLost: true}), true, true},
	} {
		if lost, dataLost := isLost(test.err), isDataLost(test.err); lost != test.lost || dataLost != test.dataLost {
			t.Errorf("%v: lost %v, data lost %v", test.err, lost, dataLost)
		}
	}
	with := func(v any) context.Context {
		return context.WithValue(t.Context(), struct{ HolderInterrupted struct{} }{}, v)
	}
	if interrupted(t.Context()) || interrupted(with(false)) || interrupted(with("yes")) || !interrupted(with(true)) {
		t.Error("the context of the store is misread")
	}
}

// TestFleet_noteLoss: a loss is reported once, with the store's error; the next one after the
// session was stored again.
func TestFleet_noteLoss(t *testing.T) {
	t.Parallel()
	a := &Interceptor{policy: policy{account: "x"}}
	p := &a.persist
	p.journal = &a.journal
	for _, err := range []error{nil, errDown, says{lost: true}} {
		p.noteLoss(err)
		if p.wiped.Load() || len(p.journal.queue) != 0 {
			t.Errorf("%v is taken for a loss", err)
		}
	}
	if now := a.policyNow(); now.wiped || now.account != "x" {
		t.Errorf("before the loss: %+v", now)
	}
	loss := says{dataLost: true}
	p.noteLoss(loss)
	p.noteLoss(loss)
	if q := p.journal.queue; len(q) != 1 || q[0].Kind != StoreLost || !errors.Is(q[0].Err, loss) || !a.policyNow().wiped {
		t.Errorf("events %v, policy %+v", q, a.policyNow())
	}
	if a.policy.wiped {
		t.Error("the policy of the settings was changed")
	}
	p.wiped.Store(false) // stored again
	p.noteLoss(loss)
	if len(p.journal.queue) != 2 {
		t.Error("the second loss is not reported")
	}
}

// TestFleet_bury: a tombstone has the name of the session and why it ended, in words that other
// machines read back; and only in a store that keeps it.
func TestFleet_bury(t *testing.T) {
	t.Parallel()
	r := recordOf("S", 2, "a", "r")
	for why, want := range map[Reason]struct {
		word string
		read Reason
	}{
		ReasonLogout:         {"logout", ReasonEndedElsewhere},
		ReasonInvalidGrant:   {"invalid_grant", ReasonInvalidGrant},
		ReasonNoRefreshToken: {"no_refresh_token", ReasonNoRefreshToken},
	} {
		value, err := persistenceOf(&sharedStore{tombstones: true}).bury(r, why)
		if err != nil {
			t.Fatal(err)
		}
		stone, err := record.Decode(value, "default")
		if err != nil || stone.Ended != want.word || stone.Session != "S" || stone.Generation != 2 || stone.AccessToken != "" {
			t.Errorf("%v: %+v, %v", why, stone, err)
			continue
		}
		if got := endOf(stone, "S"); got != want.read {
			t.Errorf("%v is read as %v, want %v", why, got, want.read)
		}
		if got := endOf(stone, ""); got != want.read {
			t.Errorf("%v is read as %v by a program that knew no session", why, got)
		}
		if got := endOf(stone, "T"); got != ReasonEndedElsewhere {
			t.Errorf("the tombstone of another session is read as %v", got)
		}
		for name, p := range map[string]*persistence{
			"a store that keeps none": persistenceOf(&sharedStore{}), "a plain store": persistenceOf(plainStore{}),
		} {
			if value, err := p.bury(r, why); value != nil || err != nil {
				t.Errorf("%s: %q, %v", name, value, err)
			}
		}
	}
	if value, err := persistenceOf(&sharedStore{tombstones: true}).bury(nil, ReasonLogout); value != nil || err != nil {
		t.Errorf("without a session: %q, %v", value, err)
	}
	for _, why := range []Reason{ReasonNone, ReasonReplaced, ReasonNeverSignedIn, ReasonEndedElsewhere} {
		if word := tombstoneWord(why); word != "" {
			t.Errorf("%v has the word %q", why, word)
		}
	}
	if endOf(nil, "S") != ReasonEndedElsewhere || endOf(nil, "") != ReasonEndedElsewhere {
		t.Error("an empty store names a reason")
	}
}

// TestFleet_updateUnless: a store that can do without its lock is asked to, and is told what
// another process has stored only if that can be read.
func TestFleet_updateUnless(t *testing.T) {
	t.Parallel()
	ours, err := recordOf("S", 2, "a", "r").Encode()
	if err != nil {
		t.Fatal(err)
	}
	theirs := []byte(`{"version": 99}`)
	for name, test := range map[string]struct {
		store   *sharedStore
		plain   bool
		settles bool
		want    string // how the store was asked, and whether the change was made
	}{
		"it settles":                 {store: &sharedStore{old: ours}, settles: true, want: "UpdateUnless settled"},
		"it does not":                {store: &sharedStore{old: ours}, want: "UpdateUnless written"},
		"nothing is stored":          {store: &sharedStore{}, settles: true, want: "UpdateUnless written"},
		"it cannot be read":          {store: &sharedStore{old: theirs}, settles: true, want: "UpdateUnless written"},
		"the store always locks":     {store: &sharedStore{old: ours}, plain: true, settles: true, want: "Update written"},
		"the store fails":            {store: &sharedStore{old: ours, err: errDisk}, want: "UpdateUnless disk full"},
		"the store that locks fails": {store: &sharedStore{old: ours, err: errDisk}, plain: true, want: "Update disk full"},
		"the store has lost its data": {
			store: &sharedStore{err: says{dataLost: true}}, want: "UpdateUnless lost false, data lost true",
		},
	} {
		p := persistenceOf(test.store)
		if test.plain {
			p = persistenceOf(plainStore{test.store})
		}
		err := p.updateUnless(t.Context(), func(r *record.Record) bool {
			return r != nil && r.Session == "S" && test.settles
		}, func(_ context.Context, old []byte) ([]byte, error) {
			return append([]byte("after "), old...), nil
		})
		got := test.store.by
		switch {
		case err != nil:
			got += " " + err.Error()
		case test.store.settled:
			got += " settled"
		case string(test.store.written) == "after "+string(test.store.old):
			got += " written"
		}
		if got != test.want || !test.store.settled && test.store.key != "default" || p.wiped.Load() != isDataLost(test.store.err) {
			t.Errorf("%s: %s, want %s; key %q, wiped %v", name, got, test.want, test.store.key, p.wiped.Load())
		}
	}
}

// TestPersistence_read: what a store without a session says is not an error.
func TestPersistence_read(t *testing.T) {
	t.Parallel()
	for _, store := range []*sharedStore{{}, {err: fs.ErrNotExist}, {err: fmt.Errorf("the file: %w", fs.ErrNotExist)}} {
		if r, err := persistenceOf(store).read(t.Context()); r != nil || err != nil {
			t.Errorf("%v: %v, %v", store.err, r, err)
		}
	}
}

// shakyStore fails the first Loads.
type shakyStore struct {
	*sharedStore
	failures, loads int
}

func (s *shakyStore) Load(ctx context.Context, key string) ([]byte, error) {
	s.loads++
	if s.loads <= s.failures {
		return nil, fmt.Errorf("load %d: %w", s.loads, errDown)
	}
	return s.sharedStore.Load(ctx, key)
}

// TestPersistence_readTwice: a Load that fails is repeated once, after a pause, unless the context
// ends in it.
func TestPersistence_readTwice(t *testing.T) {
	t.Parallel()
	ours, err := recordOf("S", 2, "a", "r").Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		failures, loads int
		timeout, took   time.Duration
		fails           bool
	}{
		"no failure":                    {loads: 1, timeout: time.Minute},
		"one failure":                   {failures: 1, loads: 2, timeout: time.Minute, took: loadPause},
		"two failures":                  {failures: 2, loads: 2, timeout: time.Minute, took: loadPause, fails: true},
		"the context ends in the pause": {failures: 1, loads: 1, timeout: loadPause / 2, took: loadPause / 2, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.timeout)
				defer cancel()
				store := &shakyStore{sharedStore: &sharedStore{old: ours}, failures: test.failures}
				began := time.Now()
				r, err := persistenceOf(store).read(ctx)
				if took := time.Since(began); took != test.took || store.loads != test.loads {
					t.Errorf("%d loads in %v, want %d in %v", store.loads, took, test.loads, test.took)
				}
				switch {
				case test.fails && (r != nil || !errors.Is(err, errDown)):
					t.Errorf("%v, %v, want the error of the store", r, err)
				case !test.fails && (err != nil || r == nil || r.Session != "S"):
					t.Errorf("%v, %v, want the record", r, err)
				}
			})
		})
	}
}
