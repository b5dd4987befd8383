//go:build unix

package linear_test

import (
	"context"
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
)

const workerRole = "linear-worker"

// A job is what a process is told to do.
type job struct {
	Worker int    `json:"worker"`
	Kind   string `json:"kind"` // of the store
	Addr   string `json:"addr"`
}

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == workerRole {
		if err := work(context.Background(), os.Args[2]); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// work loads and updates until the process is killed.
func work(ctx context.Context, argument string) error {
	var j job
	if err := json.Unmarshal([]byte(argument), &j); err != nil {
		return err
	}
	s, err := kinds()[j.Kind].open(ctx, j.Addr)
	for ; err != nil; s, err = kinds()[j.Kind].open(ctx, j.Addr) { // the faults have begun already
		<-time.After(10 * time.Millisecond)
	}
	w := &worker{store: s, job: j}
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

type worker struct {
	store storage.Store
	job   job
	mu    sync.Mutex
	ids   int
}

func (w *worker) begin() op {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return op{Worker: w.job.Worker, ID: w.ids, Key: rand.N(3), Call: time.Now().UnixNano()}
}

func (w *worker) report(o op) {
	b, err := json.Marshal(o)
	if err != nil {
		return
	}
	_, _ = os.Stdout.Write(append(b, '\n')) // in one write, which a kill does not tear
}

func (w *worker) step(ctx context.Context) {
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
		o.Result = lost
	default:
		o.Result, o.Error = failed, err.Error()
	}
	o.Return = time.Now().UnixNano()
	w.report(o)
}
