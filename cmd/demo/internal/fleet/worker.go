package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
)

// reportEvery is how often a worker reports.
const reportEvery = 250 * time.Millisecond

// A job is the argument of a worker.
type job struct {
	Config   Config `json:"config"`
	Provider string `json:"provider"` // URL
}

// Work is one process of a fleet. It works until in ends, and reports on out.
func Work(ctx context.Context, in io.Reader, out io.Writer, argument string, open Opener) error {
	var j job
	if err := json.Unmarshal([]byte(argument), &j); err != nil {
		return fmt.Errorf("the argument of a worker: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	w, err := newWorker(ctx, j, open)
	if ctx.Err() != nil {
		return nil // the fleet ended before this process could begin
	}
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	for range j.Config.Goroutines {
		group.Go(func() { w.loop(ctx) })
	}
	encoder := json.NewEncoder(out)
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			if err := encoder.Encode(w.snapshot()); err != nil {
				cancel()
			}
		}
	}
	group.Wait()
	closing, stop := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer stop()
	err = errors.Join(w.sessions.Close(closing), w.store.Close(closing))
	return errors.Join(err, encoder.Encode(w.snapshot()))
}

// A worker sends requests for random sessions.
type worker struct {
	job      job
	store    Store
	sessions *auth.Sessions
	client   *http.Client

	mu     sync.Mutex
	report Report
}

func newWorker(ctx context.Context, j job, open Opener) (*worker, error) {
	w := &worker{job: j, report: Report{Latencies: make(map[int64]int)}}
	var err error
	if w.store, err = open(ctx, j.Config.Store, j.Config.LeaseTTL); err != nil {
		return nil, err
	}
	if w.sessions, err = newSessions(w.store, j, w.event); err != nil {
		return nil, err
	}
	base := &http.Transport{MaxIdleConnsPerHost: j.Config.Goroutines, MaxIdleConns: j.Config.Goroutines}
	w.client = &http.Client{Transport: chain.New(w.sessions).Transport(base), Timeout: 2 * time.Minute}
	return w, nil
}

// newSessions returns the sessions of a process.
func newSessions(store Store, j job, onEvent func(auth.Event)) (*auth.Sessions, error) {
	return auth.NewSessions(auth.SessionsConfig{
		MaxIdle: -1,
		Session: auth.Config{
			BaseURL: j.Provider, Store: store, OnEvent: onEvent, AccountIsUser: true,
			Refresher:      refresher{url: j.Provider + "/token", client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}},
			RefreshTimeout: max(30*time.Second, 3*j.Config.LeaseTTL),
		},
	})
}

func (w *worker) event(e auth.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e.Kind {
	case auth.TokenRefreshed:
		w.report.Refreshes++
	case auth.SignedOut:
		w.report.SignedOut++
	default:
	}
}

func (w *worker) loop(ctx context.Context) {
	for {
		timer := time.NewTimer(rand.N(2 * w.job.Config.Pace))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		w.call(ctx, account(rand.N(w.job.Config.Sessions)))
	}
}

// call sends one request. A process that is asked to end finishes it.
func (w *worker) call(ctx context.Context, account string) {
	ctx = auth.WithAccount(context.WithoutCancel(ctx), account)
	began := time.Now()
	err := w.get(ctx, account)
	took := time.Since(began)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.report.Calls++
	w.report.SlowestMS = max(w.report.SlowestMS, took.Milliseconds())
	bucket := int64(1)
	for bucket < took.Milliseconds() {
		bucket *= 2
	}
	w.report.Latencies[bucket]++
	if err != nil {
		w.report.Errors++
		w.report.Error = account + ": " + err.Error()
	}
}

func (w *worker) get(ctx context.Context, account string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.job.Provider+"/me", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK:
		return errors.New(resp.Status)
	case string(body) != account:
		return fmt.Errorf("the response is for %q", body)
	default:
		return nil
	}
}

func (w *worker) snapshot() Report {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.report
	r.Store = w.store.Stats()
	r.Latencies = maps.Clone(w.report.Latencies)
	return r
}

// A refresher speaks to the provider of this package.
type refresher struct {
	url    string
	client *http.Client
}

// Refresh implements auth.Refresher.
func (r refresher) Refresh(ctx context.Context, old auth.Token) (auth.Token, error) {
	form := url.Values{"refresh_token": {old.RefreshToken}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, strings.NewReader(form.Encode()))
	if err != nil {
		return auth.Token{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := r.client.Do(req)
	if err != nil {
		return auth.Token{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
		var t tokens
		if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&t); err != nil {
			return auth.Token{}, err
		}
		return t.token(), nil
	case http.StatusBadRequest:
		return auth.Token{}, auth.ErrInvalidGrant
	default:
		return auth.Token{}, errors.New(resp.Status)
	}
}

func (t tokens) token() auth.Token {
	return auth.Token{
		AccessToken: t.Access, RefreshToken: t.Refresh,
		Expiry: time.Now().Add(time.Duration(t.ExpiresIn) * time.Millisecond),
	}
}
