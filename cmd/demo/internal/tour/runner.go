package tour

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/waterfall"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

// A runner runs the scenes: on one server, with one client.
type runner struct {
	Options

	dir     string
	server  *authtest.Server
	client  *client
	report  report
	current *sceneResult
}

// slowRefresh is how long the server takes for a refresh, so that its bar can be seen.
const slowRefresh = 60 * time.Millisecond

// newRunner starts the server and a client with an empty keyring.
func newRunner(ctx context.Context, o Options, dir string) (*runner, error) {
	if err := os.WriteFile(passphraseFile(dir), []byte(rand.Text()+"\n"), 0o600); err != nil {
		return nil, err
	}
	server, err := authtest.Start(o.Server)
	if err != nil {
		return nil, err
	}
	server.DelayRefresh(slowRefresh)
	r := &runner{Options: o, dir: dir, server: server}
	if r.client, err = newClient(ctx, dir, server.URL); err != nil {
		server.Close()
		return nil, err
	}
	return r, nil
}

func (r *runner) close(ctx context.Context) error {
	defer r.server.Close()
	return r.client.close(ctx)
}

func (r *runner) say(format string, args ...any) {
	if !r.JSON {
		_, _ = fmt.Fprintf(r.Out, format, args...)
	}
}

func (r *runner) introduce() {
	r.say("\n%s %s\n", r.Style.Bold("Chatelaine, a tour."),
		r.Style.Dim("Its own server, its own keyring; every claim below is checked as you watch."))
}

// open begins a scene.
func (r *runner) open(number int, s scene) {
	r.report.Scenes = append(r.report.Scenes, sceneResult{Title: s.title, Story: s.story, Exchanges: []wire.Exchange{}, Checks: []check{}})
	r.current = &r.report.Scenes[len(r.report.Scenes)-1]
	r.say("\n%s %s\n    %s\n\n", r.Style.Invert(fmt.Sprintf(" %d ", number)), r.Style.Bold(s.title), r.Style.Dim(s.story))
}

// show draws the requests since the last call, and those of other processes.
func (r *runner) show(others ...wire.Exchange) error {
	seen := append(r.client.recorder.Take(), others...)
	r.current.Exchanges = append(r.current.Exchanges, seen...)
	if r.JSON {
		return nil
	}
	return errors.Join(waterfall.Draw(r.Out, r.Style, r.Width, seen), r.blank())
}

func (r *runner) blank() error {
	_, err := fmt.Fprintln(r.Out)
	return err
}

// evidenceColumn is the column of the evidence.
const evidenceColumn = 48

// check records and shows whether a claim is true, and the evidence.
func (r *runner) check(text string, passed bool, evidence string, args ...any) {
	c := check{Text: text, Passed: passed, Evidence: fmt.Sprintf(evidence, args...)}
	r.current.Checks = append(r.current.Checks, c)
	r.say("  %s %s%s\n", r.Style.Mark(passed), pad(text, evidenceColumn), r.Style.Dim(c.Evidence))
}

func pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(2, columns-utf8.RuneCountInString(text)))
}

// count is a number with its word.
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
