package redis

import (
	"context"
	"sync"

	goredis "github.com/redis/go-redis/v9"
)

func (b *backend) inCluster() bool {
	_, ok := b.client.(*goredis.ClusterClient)
	return ok
}

// master returns the client of the server that has the hash: a pipeline of a
// cluster's client would send WAIT, which has no key, to any of them.
func (b *backend) master(ctx context.Context, hash string) (goredis.Cmdable, error) {
	if cluster, ok := b.client.(*goredis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, hash)
	}
	return b.client, nil
}

// masters returns the clients of all servers that have keys. A cluster calls back
// for all of them at once, so nothing but collecting them is done there.
func (b *backend) masters(ctx context.Context) (masters []goredis.Cmdable, err error) {
	cluster, ok := b.client.(*goredis.ClusterClient)
	if !ok {
		return []goredis.Cmdable{b.client}, nil
	}
	var mu sync.Mutex
	err = cluster.ForEachMaster(ctx, func(_ context.Context, c *goredis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		masters = append(masters, c)
		return nil
	})
	return masters, err
}
