// Package tour shows every promise of the library, and checks it: on a server of its own, an encrypted keyring in a temporary
// directory, and real processes.
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

// Options say how to show it.
type Options struct {
	Out   io.Writer
	Name  string // how the program is called
	Style screen.Style
	Width int
	// JSON prints one object at the end, and nothing before.
	JSON bool
	// Pause is how long to wait after each scene.
	Pause time.Duration
	// Again makes a process of this program, which is to call [Role] with the arguments.
	Again func(ctx context.Context, args ...string) *exec.Cmd
	// Server is the server to show it on; tests break it.
	Server authtest.Config
}

// ErrBroken is a promise that did not hold.
var ErrBroken = errors.New("the promise did not hold")

// A scene shows some promises.
type scene struct {
	title, story string
	play         func(*stage, context.Context) error
}

func scenes() []scene {
	return []scene{
		{"Sign in", "A password, once. The session is sealed in a file, the key is in a keyring.", (*stage).signIn},
		{"An expired token", "The token is refused. One refresh, and the POST goes out again, whole.", (*stage).expire},
		{"Fifty at once", "Fifty goroutines are refused in the same moment. They share one refresh.", (*stage).fifty},
		{"Four processes", "Four programs share the session. One refreshes, the others find the token.", (*stage).processes},
		{"Trouble", "The token endpoint is down. That is no reason to log anybody out.", (*stage).trouble},
		{"A stranger", "A redirect leads to another origin, which would like to see the token.", (*stage).stranger},
		{"kill -9", "Programs that save all the time are killed in the middle of it.", (*stage).kill},
		{"Restart", "A new program opens the keyring and goes on. Nobody types a password.", (*stage).restart},
		{"The end", "The server ends the session: now, and only now, the user is logged out.", (*stage).end},
	}
}

// Run shows and checks all of it. The error is ErrBroken if a promise did not hold.
func Run(ctx context.Context, o Options) (err error) {
	dir, err := os.MkdirTemp("", "chatelaine-tour-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := newStage(ctx, o, filepath.Join(dir, "session"))
	if err != nil {
		return err
	}
	began := time.Now()
	if err := errors.Join(s.playAll(ctx), s.close(ctx)); err != nil {
		return err
	}
	return s.conclude(time.Since(began))
}

func (s *stage) playAll(ctx context.Context) error {
	s.introduce()
	for i, sc := range scenes() {
		s.open(i+1, sc)
		if err := sc.play(s, ctx); err != nil {
			return fmt.Errorf("%s: %w", sc.title, err)
		}
		if err := wait(ctx, s.Pause); err != nil {
			return err
		}
	}
	return nil
}

// wait waits, no longer than ctx.
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
