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

// A stage is what the scenes play on.
type stage struct {
	Options

	dir     string
	server  *authtest.Server
	client  *client
	report  report
	current *act
}

// slowRefresh is how long the server takes for a refresh, so that there is something to see.
const slowRefresh = 60 * time.Millisecond

// newStage starts the server and a client with an empty keyring.
func newStage(ctx context.Context, o Options, dir string) (*stage, error) {
	if err := os.WriteFile(passphraseFile(dir), []byte(rand.Text()+"\n"), 0o600); err != nil {
		return nil, err
	}
	server, err := authtest.Start(o.Server)
	if err != nil {
		return nil, err
	}
	server.DelayRefresh(slowRefresh)
	s := &stage{Options: o, dir: dir, server: server}
	if s.client, err = newClient(ctx, dir, server.URL); err != nil {
		server.Close()
		return nil, err
	}
	return s, nil
}

func (s *stage) close(ctx context.Context) error {
	defer s.server.Close()
	return s.client.close(ctx)
}

func (s *stage) say(format string, args ...any) {
	if !s.JSON {
		_, _ = fmt.Fprintf(s.Out, format, args...)
	}
}

func (s *stage) introduce() {
	s.say("\n%s %s\n", s.Style.Bold("Chatelaine, a tour."),
		s.Style.Dim("A server and a keyring of its own; what is shown is checked."))
}

// open begins a scene.
func (s *stage) open(number int, sc scene) {
	s.report.Scenes = append(s.report.Scenes, act{Title: sc.title, Story: sc.story, Exchanges: []wire.Exchange{}, Promises: []promise{}})
	s.current = &s.report.Scenes[len(s.report.Scenes)-1]
	s.say("\n%s %s\n    %s\n\n", s.Style.Invert(fmt.Sprintf(" %d ", number)), s.Style.Bold(sc.title), s.Style.Dim(sc.story))
}

// show draws what went over the wire since the last time, and what others have seen.
func (s *stage) show(others ...wire.Exchange) error {
	seen := append(s.client.recorder.Take(), others...)
	s.current.Exchanges = append(s.current.Exchanges, seen...)
	if s.JSON {
		return nil
	}
	return errors.Join(waterfall.Draw(s.Out, s.Style, s.Width, seen), s.blank())
}

func (s *stage) blank() error {
	_, err := fmt.Fprintln(s.Out)
	return err
}

// evidenceColumn is where the evidence stands.
const evidenceColumn = 48

// check notes and shows whether a promise held, and how one can tell.
func (s *stage) check(text string, held bool, evidence string, args ...any) {
	p := promise{Text: text, Held: held, Evidence: fmt.Sprintf(evidence, args...)}
	s.current.Promises = append(s.current.Promises, p)
	s.say("  %s %s%s\n", s.Style.Mark(held), pad(text, evidenceColumn), s.Style.Dim(p.Evidence))
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
