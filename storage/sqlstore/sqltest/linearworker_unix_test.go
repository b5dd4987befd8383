//go:build unix

package sqltest_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

const (
	linearRole   = "linear-worker"
	linearTable  = "linear"
	linearBroken = "broken" // a table whose store has no lock
	linearTTL    = 400 * time.Millisecond
)

type linearJob struct {
	Worker int    `json:"worker"`
	Kind   string `json:"kind"`
	URL    string `json:"url"`
}

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == linearRole {
		if err := linearWork(context.Background(), os.Args[2]); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// linearWork loads and updates until the process is killed.
func linearWork(ctx context.Context, argument string) error {
	var j linearJob
	if err := json.Unmarshal([]byte(argument), &j); err != nil {
		return err
	}
	db, err := sql.Open("pgx", j.URL)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(5)
	var s storage.Store = lockless{db}
	if j.Kind == linearTable {
		if s, err = sqlstore.New(sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL, Table: linearTable, TTL: linearTTL}); err != nil {
			return err
		}
	}
	w := &linearWorker{store: s, job: j}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				w.step(ctx)
			}
		})
	}
	group.Wait()
	return nil
}

type linearWorker struct {
	store storage.Store
	job   linearJob
	mu    sync.Mutex
	ids   int
}

func (w *linearWorker) begin() op {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return op{Worker: w.job.Worker, ID: w.ids, Key: rand.N(3), Call: time.Now().UnixNano()}
}

func (w *linearWorker) report(o op) {
	b, err := json.Marshal(o)
	if err != nil {
		return
	}
	_, _ = os.Stdout.Write(append(b, '\n')) // in one write, which a kill does not tear
}

func (w *linearWorker) step(ctx context.Context) {
	o := w.begin()
	key := fmt.Sprint("key ", o.Key)
	if rand.N(3) == 0 {
		value, err := w.store.Load(ctx, key)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			o.Old, o.Return = string(value), time.Now().UnixNano()
			w.report(o)
		}
		return
	}
	o.Update, o.New = true, fmt.Sprintf("%d/%d", o.Worker, o.ID)
	called := false
	err := w.store.Update(ctx, key, func(_ context.Context, old []byte) ([]byte, error) {
		called, o.Old, o.Result = true, string(old), unknown
		w.report(o)
		timer := time.NewTimer(rand.N(20 * time.Millisecond))
		defer timer.Stop()
		<-timer.C
		return []byte(o.New), nil
	})
	switch {
	case !called:
		return
	case err == nil:
		o.Result = stored
	case errors.Is(err, storage.ErrLost):
		o.Result = refused
	}
	o.Return = time.Now().UnixNano()
	w.report(o)
}

// lockless reads, calls back and writes, without anything to keep others out.
type lockless struct{ db *sql.DB }

func (l lockless) Load(ctx context.Context, key string) ([]byte, error) {
	var value string
	err := l.db.QueryRowContext(ctx, "select value from "+linearBroken+" where key = $1", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fs.ErrNotExist
	}
	return []byte(value), err
}

func (l lockless) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	old, err := l.Load(ctx, key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	value, err := fn(ctx, bytes.Clone(old))
	if err != nil {
		return err
	}
	_, err = l.db.ExecContext(ctx, "insert into "+linearBroken+" values ($1, $2) on conflict (key) do update set value = excluded.value", key, string(value))
	return err
}
