package tour

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/fleet"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

// The roles of processes that the tour starts.
const (
	roleReader = "reader" // reads the session, waits for a line, sends a request
	roleSaver  = "saver"  // saves a counter as fast as it can, and prints each number that is saved
	roleHolder = "holder" // stops in the middle of an update
	roleMember = "member" // is a process of a fleet
)

// savings is the key that a saver writes.
const savings = "savings"

// readerResult is the last line of a reader.
type readerResult struct {
	Status    int             `json:"status"`
	Exchanges []wire.Exchange `json:"exchanges"`
}

// Role is the main function of a process of the tour. It gets its role, the directory of the
// session, and the URL of the server or, as a member of a fleet, its job.
func Role(ctx context.Context, in io.Reader, out io.Writer, role, dir, task string) error {
	switch role {
	case roleReader:
		return read(ctx, in, out, dir, task)
	case roleSaver:
		return save(ctx, out, dir)
	case roleHolder:
		return hold(ctx, out, dir)
	case roleMember:
		return fleet.Work(ctx, in, out, task, fleet.OpenHTTP)
	default:
		return fmt.Errorf("unknown role %q", role)
	}
}

func read(ctx context.Context, in io.Reader, out io.Writer, dir, url string) (err error) {
	c, err := newClient(ctx, dir, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close(ctx)) }()
	if _, err := c.session.Status(ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return err
	}
	if _, err := bufio.NewReader(in).ReadString('\n'); err != nil {
		return err
	}
	status, err := c.get(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(readerResult{Status: status, Exchanges: c.recorder.Take()})
}

func save(ctx context.Context, out io.Writer, dir string) error {
	store, err := openStore(ctx, dir)
	if err != nil {
		return err
	}
	for n := uint64(1); ; n++ {
		err := store.Update(ctx, savings, func(context.Context, []byte) ([]byte, error) {
			return binary.BigEndian.AppendUint64(nil, n), nil
		})
		if err != nil {
			return errors.Join(err, store.Close())
		}
		if _, err := fmt.Fprintln(out, n); err != nil {
			return errors.Join(err, store.Close())
		}
	}
}

func hold(ctx context.Context, out io.Writer, dir string) error {
	store, err := openStore(ctx, dir)
	if err != nil {
		return err
	}
	return store.Update(ctx, savings, func(ctx context.Context, old []byte) ([]byte, error) {
		if _, err := fmt.Fprintln(out, "held"); err != nil {
			return old, err
		}
		<-ctx.Done()
		return old, ctx.Err()
	})
}
