package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

// A recorder is a Signals that remembers which keys were released, and wakes those who watch them.
type recorder struct {
	mu       sync.Mutex
	released []string
	watching map[string]chan struct{}
}

func (r *recorder) Watch(_ context.Context, key string) (released <-chan struct{}, stop func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := make(chan struct{}, 1)
	r.watching[key] = c
	return c, func() {}, nil
}

func (r *recorder) Released(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.released = append(r.released, key)
	if c := r.watching[key]; c != nil {
		c <- struct{}{}
	}
}

// What was saved or given up is signaled; a save that was refused is not.
func TestSignals(t *testing.T) {
	t.Parallel()
	granted := rule{prefix: acquire, rows: rows([]byte("old"), false, int64(7), false)}
	for name, tt := range map[string]struct {
		value string
		rules []rule
		want  []string
	}{
		"saved":     {"new", []rule{granted, {prefix: write, affected: 1}}, []string{"key"}},
		"unchanged": {"old", []rule{granted}, []string{"key"}},
		"outdated":  {"new", []rule{granted, {prefix: write}, {prefix: outcome, rows: rows(driver.Value(int64(9)))}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signals := &recorder{watching: make(map[string]chan struct{})}
			s, err := sqlstore.New(sqlstore.Config{
				DB: database(tt.rules...).open(t), Dialect: sqlstore.PostgreSQL, Signals: signals, SaveTimeout: time.Minute, OpTimeout: time.Minute,
			})
			if err != nil {
				t.Fatal(err)
			}
			err = s.Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) { return []byte(tt.value), nil })
			if (err == nil) != (tt.want != nil) || !slices.Equal(signals.released, tt.want) {
				t.Errorf("Update = %v; released %q, want %q", err, signals.released, tt.want)
			}
		})
	}
}
