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

// programs is the number of processes that share the session.
const programs = 4

// A program is a process that runs this program in a role. They talk in lines.
type program struct {
	*exec.Cmd

	in    io.WriteCloser
	lines *bufio.Scanner
}

// start runs this program as another process.
func (r *runner) start(ctx context.Context, role string) (*program, error) {
	p := &program{Cmd: r.Command(ctx, role, r.dir, r.server.URL)}
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

// line returns the next line of its output.
func (p *program) line() (string, error) {
	if p.lines.Scan() {
		return p.lines.Text(), nil
	}
	return "", errors.Join(errors.New("a process ended too early"), p.lines.Err(), p.Wait())
}

func (r *runner) processes(ctx context.Context) error {
	before := r.server.Stats()
	r.server.ExpireAccess()
	var all []*program
	for range programs {
		p, err := r.start(ctx, roleReader)
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
	good, rejected := 0, 0
	for i, p := range all {
		result, err := p.result()
		if err != nil {
			return err
		}
		for _, e := range result.Exchanges {
			e.Process = string(rune('A' + i))
			if e.Status == http.StatusUnauthorized {
				rejected++
			}
			seen = append(seen, e)
		}
		if result.Status == http.StatusOK {
			good++
		}
	}
	own, err := r.client.get(ctx) // with a token that the others have replaced
	if err != nil {
		return err
	}
	r.client.recorder.Take()
	slices.SortStableFunc(seen, func(a, b wire.Exchange) int { return a.Start.Compare(b.Start) })
	if err := r.show(seen...); err != nil {
		return err
	}
	after := r.server.Stats()
	made := after.Refreshes - before.Refreshes
	r.check("all four were rejected", rejected == programs, "%d × 401", rejected)
	r.check("one refresh for all of them", made == 1, "%s", count(made, "refresh request"))
	r.check("all four succeeded", good == programs, "%d × 200", good)
	r.check("this program adopts the new token too", own == http.StatusOK, "/me: %d", own)
	r.check("no refresh token was used twice", after.Reuses == before.Reuses, "%s", count(after.Reuses-before.Reuses, "reuse"))
	return nil
}

// result returns the last line of a reader, and waits for it to end.
func (p *program) result() (readerResult, error) {
	var r readerResult
	line, err := p.line()
	if err != nil {
		return r, err
	}
	err = errors.Join(json.Unmarshal([]byte(line), &r), p.Wait())
	return r, err
}
