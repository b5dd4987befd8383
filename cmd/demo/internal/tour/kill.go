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
	kills        = 5
	fewestSaves  = 4
	mostSaves    = 24
	lockDeadline = 2 * time.Second
)

// kill lets processes save as fast as they can, kills them at random instants, and checks what is
// left.
func (r *runner) kill(ctx context.Context) error {
	whole := 0
	for i := range kills {
		acknowledged, found, err := r.killSaver(ctx)
		if err != nil {
			return err
		}
		what := "the unfinished save left no trace"
		if found == acknowledged+1 {
			what = "the unfinished save is complete"
		}
		if found == acknowledged || found == acknowledged+1 {
			whole++
		}
		r.say("    %s %d   %s   %s\n", r.Style.Red("kill -9"), i+1,
			pad("saved "+strconv.FormatUint(acknowledged, 10)+", found "+strconv.FormatUint(found, 10), 20), r.Style.Dim(what))
	}
	freed, err := r.killHolder(ctx)
	if err != nil {
		return err
	}
	r.say("    %s %d   %s   %s\n\n", r.Style.Red("kill -9"), kills+1, pad("holding the lock", 20), r.Style.Dim("the lock was free at once"))
	r.check("every value is the last saved one or the next", whole == kills, "%d of %d", whole, kills)
	r.check("the lock of a killed process is released", freed < lockDeadline, "after %.1f ms", float64(freed.Microseconds())/1000)
	status, err := r.client.get(ctx)
	if err != nil {
		return err
	}
	r.client.recorder.Take()
	r.check("the session next to it is intact", status == http.StatusOK, "/me: %d", status)
	return nil
}

// killSaver kills a process that saves. It returns the last value that the process reported as
// saved, and the one that is stored.
func (r *runner) killSaver(ctx context.Context) (acknowledged, found uint64, err error) {
	p, err := r.start(ctx, roleSaver)
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
	data, err := r.client.store.Load(ctx, savings)
	if err != nil || len(data) != 8 {
		return 0, 0, errors.Join(errors.New("the value is gone"), err)
	}
	return acknowledged, binary.BigEndian.Uint64(data), nil
}

// killHolder kills a process that holds the lock, and returns how long it then takes to get the
// lock.
func (r *runner) killHolder(ctx context.Context) (time.Duration, error) {
	p, err := r.start(ctx, roleHolder)
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
	ctx, cancel := context.WithTimeout(ctx, lockDeadline)
	defer cancel()
	began := time.Now()
	err = r.client.store.Update(ctx, savings, func(context.Context, []byte) ([]byte, error) { return nil, nil })
	return time.Since(began), err
}
