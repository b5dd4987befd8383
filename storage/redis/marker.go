package redis

import (
	"context"
	"errors"

	goredis "github.com/redis/go-redis/v9"
)

// ready reads the marker once.
func (b *backend) ready(ctx context.Context) error {
	if b.epoch.Known() {
		return nil
	}
	return b.readMarker(ctx)
}

// readMarker returns an error that matches [storage.ErrDataLost] if the data is
// not what it was.
func (b *backend) readMarker(ctx context.Context) error {
	marker, err := b.client.Get(ctx, b.marker()).Result()
	if err != nil && !errors.Is(err, goredis.Nil) {
		return failed(err)
	}
	return b.epoch.Check(marker)
}

// writeMarker writes the marker, unless there is one, and waits for the replicas.
func (b *backend) writeMarker(ctx context.Context, text string) error {
	client, err := b.master(ctx, b.marker())
	if err != nil {
		return failed(err)
	}
	pipe := client.Pipeline()
	pipe.SetArgs(ctx, b.marker(), text, goredis.SetArgs{Mode: "NX"})
	exec := execOnly
	if b.replicas > 0 {
		exec = b.exec
	}
	if err := exec(ctx, pipe); err != nil && !errors.Is(err, goredis.Nil) { // Nil: it is there
		return err
	}
	return nil
}
