package keyring

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// newPassphrase begins the prompt for a passphrase that is about to be chosen.
const newPassphrase = "New passphrase"

// errNoTerminal is about a program without a terminal.
var errNoTerminal = errors.New("there is no terminal to ask on; give the passphrase in a file or through a descriptor")

// PassphrasePrompt is a [Config].Passphrase that asks the user on the terminal,
// without showing what is typed. A prompt that begins with "New passphrase" asks
// twice, and fails unless the same is typed both times. It fails where there is
// no terminal, and with [context.Canceled] when the user interrupts it.
//
// However it ends, it leaves the terminal as it was, and reads no byte that is
// typed later: when the user types Ctrl-C or Ctrl-\, when the process is told to
// end (SIGTERM, SIGHUP; on Windows also when the console is closed), and, called
// by [Open], when its context ends. After kill -9 it is up to the shell to set the
// terminal as it was. While the process is stopped (Ctrl-Z) the terminal is as it
// was too; when it continues, the prompt appears again. Prompts of several
// goroutines appear one after the other.
func PassphrasePrompt(prompt string) (string, error) {
	ctx, release, err := terminal.take()
	if err != nil {
		return "", err
	}
	defer release()
	t, err := openTerminal()
	if err != nil {
		return "", err
	}
	defer t.close()
	first, err := t.ask(ctx, prompt)
	if err != nil || first == "" || !strings.HasPrefix(prompt, newPassphrase) {
		return first, err
	}
	second, err := t.ask(ctx, "Once more")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", fmt.Errorf("%w: the two passphrases typed are not the same; try again", ErrNoPassphrase)
	}
	return first, nil
}

func interrupted(err error) error { return fmt.Errorf("interrupted: %w", err) }

// The terminal is one for the whole process, and so is this.
var terminal asked //nolint:gochecknoglobals // see above

// asked knows which calls of Config.Passphrase are under way. A prompt has no
// context of its own, and has to end when all calls that it may belong to have
// been given up. Nearly always there is one.
type asked struct {
	prompt sync.Mutex // held by the prompt on the terminal

	mu    sync.Mutex
	calls map[*call]struct{}
}

// A call is what asked keeps of the context of a call.
type call struct {
	after func(end func()) (stop func() bool)
	err   func() error
}

// wanted registers a call that ends with ctx. The caller calls done when it has
// returned.
func (a *asked) wanted(ctx context.Context) (done func()) {
	c := &call{after: func(end func()) func() bool { return context.AfterFunc(ctx, end) }, err: ctx.Err}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.calls == nil {
		a.calls = make(map[*call]struct{})
	}
	a.calls[c] = struct{}{}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.calls, c)
	}
}

// take waits until no other prompt is on the terminal, and returns the context
// that ends this one.
func (a *asked) take() (ctx context.Context, release func(), err error) {
	ctx, cancel := a.context()
	a.prompt.Lock()
	if err := ctx.Err(); err != nil {
		a.prompt.Unlock()
		cancel()
		return nil, nil, interrupted(err)
	}
	return ctx, func() { a.prompt.Unlock(); cancel() }, nil
}

// context returns a context that ends when all calls under way have been given
// up. If there is none, the prompt was called by the program itself.
func (a *asked) context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	a.mu.Lock()
	defer a.mu.Unlock()
	left := len(a.calls)
	var mu sync.Mutex
	var stops []func() bool
	for c := range a.calls {
		stops = append(stops, c.after(func() {
			mu.Lock()
			defer mu.Unlock()
			left--
			if left == 0 {
				cancel(c.err())
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel(nil)
	}
}
