// Package tour shows what the library promises, and checks it: on a server of its own, with an
// encrypted keyring in a temporary directory, and with real processes.
package tour

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

// Options configure the tour.
type Options struct {
	Out   io.Writer
	Name  string // how the user runs this program
	Style screen.Style
	Width int
	// JSON prints one object at the end, and nothing else.
	JSON bool
	// Pause is how long to wait after each scene.
	Pause time.Duration
	// Command returns a command that runs this program and calls [Role] with the arguments.
	Command func(ctx context.Context, args ...string) *exec.Cmd
	// Server configures the server. Tests break it.
	Server authtest.Config
}

// ErrFailed is the error of a tour in which a check failed.
var ErrFailed = errors.New("checks failed")

// A scene shows one situation and checks what happens in it.
type scene struct {
	title, story string
	run          func(*runner, context.Context) error
}

func scenes() []scene {
	return []scene{
		{"Sign in", "The password is sent once. The session is encrypted on disk; its key is in a keyring.", (*runner).signIn},
		{"An expired token", "The token is rejected. One refresh, and the POST is sent again with its whole body.", (*runner).expire},
		{"Fifty at once", "Fifty goroutines get a 401 at the same moment. They share one refresh.", (*runner).fifty},
		{"Four processes", "Four programs share the session. One refreshes; the others find the new token.", (*runner).processes},
		{"A fleet", "Eight processes share twelve sessions through a store on the network, as machines do.", (*runner).fleet},
		{"An outage", "The token endpoint is down. That is not a reason to log the user out.", (*runner).outage},
		{"Another origin", "A redirect leads to a server that must not see the token.", (*runner).otherOrigin},
		{"kill -9", "Programs are killed while they save the session.", (*runner).kill},
		{"Restart", "A new program opens the keyring and continues, without a password.", (*runner).restart},
		{"Revoked", "The server ends the session. Now, and only now, the user is logged out.", (*runner).revoked},
	}
}

// Run runs every scene. The error is [ErrFailed] if a check failed.
func Run(ctx context.Context, o Options) (err error) {
	dir, err := os.MkdirTemp("", "chatelaine-tour-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r, err := newRunner(ctx, o, filepath.Join(dir, "session"))
	if err != nil {
		return err
	}
	began := time.Now()
	if err := errors.Join(r.runAll(ctx), r.close(ctx)); err != nil {
		return err
	}
	return r.conclude(time.Since(began))
}

func (r *runner) runAll(ctx context.Context) error {
	r.introduce()
	for i, sc := range scenes() {
		r.open(i+1, sc)
		if err := sc.run(r, ctx); err != nil {
			return fmt.Errorf("%s: %w", sc.title, err)
		}
		if err := wait(ctx, r.Pause); err != nil {
			return err
		}
	}
	return nil
}

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
