package fleet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"sync"
	"time"
)

// A Run is a fleet at work.
type Run struct {
	config   Config
	provider *provider
	argument string
	command  Command
	began    time.Time

	mu       sync.Mutex
	members  []*member
	past     []Report // of processes that were killed
	kills    int
	pauses   int
	problems []error
}

// A member is one process.
type member struct {
	cmd    *exec.Cmd
	in     io.Closer
	ended  chan struct{} // closed when it has ended and its reports are read
	report Report
	killed bool
	paused bool
}

// Start starts the provider, the embedded store if c.Store is "", signs the sessions in, and starts
// the processes. The caller calls Wait.
func Start(ctx context.Context, c Config, command Command, open Opener) (*Run, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	p, err := newProvider(c)
	if err != nil {
		return nil, err
	}
	var embedded *http.Server
	if c.Store == "" {
		if c.Store, embedded, err = serveConditional(); err != nil {
			return nil, err
		}
	}
	context.AfterFunc(ctx, func() {
		_ = p.server.Close()
		if embedded != nil {
			_ = embedded.Close()
		}
	})
	j := job{Config: c, Provider: p.url}
	if err := signIn(ctx, j, p, open); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	argument, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	r := &Run{config: c, provider: p, argument: string(argument), command: command, began: time.Now()}
	for range c.Processes {
		if err := r.launch(ctx, -1); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// signIn stores a session for each account.
func signIn(ctx context.Context, j job, p *provider, open Opener) error {
	store, err := open(ctx, j.Config.Store, j.Config.LeaseTTL)
	if err != nil {
		return err
	}
	sessions, err := newSessions(store, j, nil)
	if err != nil {
		return err
	}
	for i := range j.Config.Sessions {
		a, release, err := sessions.For(ctx, account(i))
		if err != nil {
			return err
		}
		err = a.Login(ctx, p.login(i).token())
		release()
		if err != nil {
			return err
		}
	}
	return errors.Join(sessions.Close(ctx), store.Close(ctx))
}

// launch starts a process, in the place of the i-th one or as a further one.
func (r *Run) launch(ctx context.Context, i int) error {
	m := &member{cmd: r.command(ctx, r.argument), ended: make(chan struct{})}
	in, err := m.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	m.in = in
	if err := m.cmd.Start(); err != nil {
		return err
	}
	r.mu.Lock()
	if i < 0 {
		r.members = append(r.members, m)
	} else {
		r.members[i] = m
	}
	r.mu.Unlock()
	go r.read(m, out)
	return nil
}

// read reads the reports of a process until it ends.
func (r *Run) read(m *member, out io.Reader) {
	defer close(m.ended)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var report Report
		if json.Unmarshal(lines.Bytes(), &report) == nil {
			r.mu.Lock()
			m.report = report
			r.mu.Unlock()
		}
	}
	err := m.cmd.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil && !m.killed {
		r.problems = append(r.problems, fmt.Errorf("a process ended: %w", err))
	}
}

// Wait lets the fleet work, with the faults of its configuration, until its time is over or ctx
// ends. It calls show from time to time.
func (r *Run) Wait(ctx context.Context, show func(Summary)) Summary {
	working, cancel := context.WithTimeout(ctx, r.config.Duration)
	defer cancel()
	var faults sync.WaitGroup
	faults.Go(func() { r.every(working, r.config.KillEvery, r.killOne) })
	faults.Go(func() { r.every(working, r.config.PauseEvery, r.pauseOne) })
	faults.Go(func() { r.every(working, reportEvery, func(context.Context) { show(r.Summary()) }) })
	<-working.Done()
	faults.Wait()
	r.mu.Lock()
	members := r.members
	r.mu.Unlock()
	for _, m := range members {
		_ = m.in.Close()
	}
	for _, m := range members {
		<-m.ended
	}
	return r.Summary()
}

func (r *Run) every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	if interval <= 0 {
		return
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do(ctx)
		}
	}
}

// pick returns a process that nothing is being done to.
func (r *Run) pick() (int, *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range 8 * len(r.members) {
		i := rand.N(len(r.members))
		if m := r.members[i]; !m.paused && !m.killed {
			return i, m
		}
	}
	return 0, nil
}

// killOne kills a process and starts a new one in its place.
func (r *Run) killOne(ctx context.Context) {
	i, m := r.pick()
	if m == nil {
		return
	}
	r.mu.Lock()
	m.killed = true
	r.kills++
	r.mu.Unlock()
	_ = m.cmd.Process.Kill()
	<-m.ended
	r.mu.Lock()
	r.past = append(r.past, m.report)
	r.mu.Unlock()
	if err := r.launch(context.WithoutCancel(ctx), i); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.problems = append(r.problems, err)
	}
}

// pauseOne stops a process for a while.
func (r *Run) pauseOne(ctx context.Context) {
	_, m := r.pick()
	if m == nil {
		return
	}
	r.setPaused(m, true)
	defer r.setPaused(m, false)
	if err := stop(m.cmd.Process); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.problems = append(r.problems, err)
		return
	}
	defer func() { _ = resume(m.cmd.Process) }()
	timer := time.NewTimer(r.config.Pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (r *Run) setPaused(m *member, paused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m.paused = paused
	if paused {
		r.pauses++
	}
}
