package tour

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	kills       = 5
	fewestSaves = 4
	mostSaves   = 24
	lockPromise = 2 * time.Second
)

// kill lets processes save as fast as they can, kills them at any instant, and looks at what is left.
func (s *stage) kill(ctx context.Context) error {
	whole := 0
	for i := range kills {
		acknowledged, found, err := s.killSaver(ctx)
		if err != nil {
			return err
		}
		what := "the save under way left no trace"
		if found == acknowledged+1 {
			what = "the save under way counts"
		}
		if found == acknowledged || found == acknowledged+1 {
			whole++
		}
		s.say("    %s %d   %s   %s\n", s.Style.Red("kill -9"), i+1,
			pad("acknowledged "+strconv.FormatUint(acknowledged, 10)+", found "+strconv.FormatUint(found, 10), 28), s.Style.Dim(what))
	}
	freed, err := s.killHolder(ctx)
	if err != nil {
		return err
	}
	s.say("    %s %d   %s   %s\n\n", s.Style.Red("kill -9"), kills+1, pad("while it held the lock", 28), s.Style.Dim("the next one had it at once"))
	s.check("the last acknowledged value, or the next one", whole == kills, "%d of %d", whole, kills)
	s.check("the lock of a killed process is free", freed < lockPromise, "after %.1f ms", float64(freed.Microseconds())/1000)
	status, err := s.client.get(ctx)
	if err != nil {
		return err
	}
	s.client.recorder.Take()
	s.check("the session beside it is whole", status == http.StatusOK, "/me: %d", status)
	return nil
}

// killSaver tells the last value that a process said it had saved before it was killed, and the one that is there.
func (s *stage) killSaver(ctx context.Context) (acknowledged, found uint64, err error) {
	p, err := s.start(ctx, roleSaver)
	if err != nil {
		return 0, 0, err
	}
	enough := fewestSaves + rand.Uint64N(mostSaves-fewestSaves)
	for p.lines.Scan() {
		if acknowledged, err = strconv.ParseUint(p.lines.Text(), 10, 64); err != nil {
			return 0, 0, errors.Join(err, p.Process.Kill(), p.Wait())
		}
		if acknowledged == enough {
			time.AfterFunc(rand.N(3*time.Millisecond), func() { _ = p.Process.Kill() })
		}
	}
	if p.Wait() == nil || acknowledged < enough {
		return 0, 0, errors.New("the process ended before it was killed")
	}
	data, err := s.client.store.Load(ctx, savings)
	if err != nil || len(data) != 8 {
		return 0, 0, errors.Join(errors.New("the value is gone"), err)
	}
	return acknowledged, binary.BigEndian.Uint64(data), nil
}

// killHolder kills a process in the middle of an update, and tells how long it takes to get the lock then.
func (s *stage) killHolder(ctx context.Context) (time.Duration, error) {
	p, err := s.start(ctx, roleHolder)
	if err != nil {
		return 0, err
	}
	if _, err := p.line(); err != nil {
		return 0, err
	}
	if err := p.Process.Kill(); err != nil {
		return 0, err
	}
	_ = p.Wait() // it was killed
	ctx, cancel := context.WithTimeout(ctx, lockPromise)
	defer cancel()
	began := time.Now()
	err = s.client.store.Update(ctx, savings, func(context.Context, []byte) ([]byte, error) { return nil, nil })
	return time.Since(began), err
}
