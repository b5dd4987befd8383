package screen

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Progress shows on a terminal what the program waits for, once that takes longer than Patience,
// and erases it afterwards. It writes nothing if W is not a terminal. It is safe for concurrent
// use.
type Progress struct {
	// W is usually the standard error.
	W io.Writer
	// On says that W is a terminal.
	On bool
	// Patience is how long nothing is shown. Default one second.
	Patience time.Duration

	mu    sync.Mutex
	shown bool
	quiet int // more than 0: a prompt is using the terminal
}

const (
	patience = time.Second
	frames   = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
	beat     = 100 * time.Millisecond
)

// Waiting shows, after a while, that the program waits for what, until done is called.
func (p *Progress) Waiting(what string) (done func()) {
	if !p.On {
		return func() {}
	}
	ended := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() { p.tell(what, ended) })
	return sync.OnceFunc(func() {
		close(ended)
		group.Wait()
	})
}

func (p *Progress) tell(what string, ended <-chan struct{}) {
	began := time.Now()
	after := p.Patience
	if after <= 0 {
		after = patience
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	for n := 0; ; n++ {
		select {
		case <-ended:
			p.erase()
			return
		case <-timer.C:
			p.draw(n, what, time.Since(began))
			timer.Reset(beat)
		}
	}
}

func (p *Progress) draw(n int, what string, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quiet > 0 {
		return
	}
	p.shown = true
	spin := []rune(frames)
	_, _ = fmt.Fprintf(p.W, "\r\x1b[2K%c waiting for %s, %d s", spin[n%len(spin)], what, int(took.Seconds()))
}

func (p *Progress) erase() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		_, _ = fmt.Fprint(p.W, "\r\x1b[2K")
		p.shown = false
	}
}

// Hush keeps the terminal clear while fn runs, for a prompt.
func (p *Progress) Hush(fn func()) {
	p.erase()
	p.count(1)
	defer p.count(-1)
	fn()
}

func (p *Progress) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quiet += n
}
