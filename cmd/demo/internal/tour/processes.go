package tour

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

// programs is how many processes share the session.
const programs = 4

// A program is a process that runs this program in a role, and talks by lines.
type program struct {
	*exec.Cmd

	in    io.WriteCloser
	lines *bufio.Scanner
}

// start runs this program again.
func (s *stage) start(ctx context.Context, role string) (*program, error) {
	p := &program{Cmd: s.Again(ctx, role, s.dir, s.server.URL)}
	in, inErr := p.StdinPipe()
	out, outErr := p.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		return nil, err
	}
	p.in, p.lines = in, bufio.NewScanner(out)
	p.lines.Buffer(nil, 1<<20)
	err := p.Start()
	return p, err
}

// line is the next line it says.
func (p *program) line() (string, error) {
	if p.lines.Scan() {
		return p.lines.Text(), nil
	}
	return "", errors.Join(errors.New("a process ended too early"), p.lines.Err(), p.Wait())
}

func (s *stage) processes(ctx context.Context) error {
	before := s.server.Stats()
	s.server.ExpireAccess()
	var all []*program
	for range programs {
		p, err := s.start(ctx, roleReader)
		if err != nil {
			return err
		}
		all = append(all, p)
	}
	for _, p := range all { // each has read the session, and with it the token that has expired
		if _, err := p.line(); err != nil {
			return err
		}
	}
	for _, p := range all {
		if _, err := fmt.Fprintln(p.in, "go"); err != nil {
			return err
		}
	}
	var seen []wire.Exchange
	good, refused := 0, 0
	for i, p := range all {
		r, err := p.result()
		if err != nil {
			return err
		}
		for _, e := range r.Exchanges {
			e.Process = string(rune('A' + i))
			if e.Status == http.StatusUnauthorized {
				refused++
			}
			seen = append(seen, e)
		}
		if r.Status == http.StatusOK {
			good++
		}
	}
	own, err := s.client.get(ctx) // with a token that the others have replaced
	if err != nil {
		return err
	}
	s.client.recorder.Take()
	slices.SortStableFunc(seen, func(a, b wire.Exchange) int { return a.Start.Compare(b.Start) })
	if err := s.show(seen...); err != nil {
		return err
	}
	after := s.server.Stats()
	made := after.Refreshes - before.Refreshes
	s.check("all four were refused", refused == programs, "%d × 401", refused)
	s.check("one refresh for all of them", made == 1, "%s", count(made, "refresh request"))
	s.check("all four were answered", good == programs, "%d × 200", good)
	s.check("this program adopts the new token, too", own == http.StatusOK, "/me: %d", own)
	s.check("no refresh token was spent twice", after.Reuses == before.Reuses, "%s", count(after.Reuses-before.Reuses, "reuse"))
	return nil
}

// result is what a reader says at the end.
func (p *program) result() (readerResult, error) {
	var r readerResult
	line, err := p.line()
	if err != nil {
		return r, err
	}
	err = errors.Join(json.Unmarshal([]byte(line), &r), p.Wait())
	return r, err
}
