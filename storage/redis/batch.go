package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

var (
	_ lease.Renewer = (*backend)(nil)
	_ lease.Looker  = (*backend)(nil)
)

// atATime is how many leases one pipeline renews or looks at.
const atATime = 256

// RenewAll implements [lease.Renewer].
func (b *backend) RenewAll(ctx context.Context, leases []lease.Lease, ttl time.Duration) (held []bool, err error) {
	held = make([]bool, len(leases))
	if b.inCluster() && b.replicas > 0 { // WAIT belongs to the connection of one master
		for i, l := range leases {
			if held[i], err = b.Renew(ctx, l.Key, lease.Grant{Fence: l.Fence}, ttl); err != nil {
				return nil, err
			}
		}
		return held, nil
	}
	exec := execOnly
	if b.replicas > 0 {
		exec = b.exec
	}
	err = b.inPipelines(ctx, len(leases), exec, func(pipe goredis.Pipeliner, i int) *goredis.Cmd {
		return b.scripts.renew.Eval(ctx, pipe, []string{b.hash(leases[i].Key)}, leases[i].Fence, ttl.Milliseconds())
	}, func(i int, reply any) { held[i] = reply == int64(1) })
	return held, err
}

// Look implements [lease.Looker].
func (b *backend) Look(ctx context.Context, keys []string) (left []time.Duration, err error) {
	left = make([]time.Duration, len(keys))
	err = b.inPipelines(ctx, len(keys), execOnly, func(pipe goredis.Pipeliner, i int) *goredis.Cmd {
		return b.scripts.look.Eval(ctx, pipe, []string{b.hash(keys[i])})
	}, func(i int, reply any) {
		ms, _ := reply.(int64)
		left[i] = time.Duration(ms) * time.Millisecond
	})
	return left, err
}

// inPipelines runs n commands in as few pipelines as possible.
func (b *backend) inPipelines(
	ctx context.Context, n int, exec func(context.Context, goredis.Pipeliner) error,
	command func(goredis.Pipeliner, int) *goredis.Cmd, result func(i int, reply any),
) error {
	for from := 0; from < n; from += atATime {
		pipe := b.client.Pipeline()
		var commands []*goredis.Cmd
		for i := from; i < min(n, from+atATime); i++ {
			commands = append(commands, command(pipe, i))
		}
		if err := exec(ctx, pipe); err != nil {
			return err
		}
		for i, c := range commands {
			result(from+i, c.Val())
		}
	}
	return nil
}

func execOnly(ctx context.Context, pipe goredis.Pipeliner) error {
	_, err := pipe.Exec(ctx)
	return failed(err)
}

// exec runs the pipeline and waits for the replicas. WAIT counts the writes of
// its connection, so it is part of the pipeline.
func (b *backend) exec(ctx context.Context, pipe goredis.Pipeliner) error {
	wait := pipe.Do(ctx, "WAIT", b.replicas, b.patience.Milliseconds())
	if _, err := pipe.Exec(ctx); err != nil {
		return failed(err)
	}
	if n, err := wait.Int(); err != nil || n < b.replicas {
		return fmt.Errorf("redis: %d of %d replicas have the write: %w", n, b.replicas, errors.Join(errReplicas, err))
	}
	return nil
}

var errReplicas = errors.New("too few replicas")
