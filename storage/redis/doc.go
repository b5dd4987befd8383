// Package redis keeps values in Redis 6.2 or later, so that the programs of
// many machines share one session.
//
// It is a module of its own, on github.com/redis/go-redis/v9.
//
// # Usage
//
// Two packages are called redis here; import this one under another name:
//
//	client := redis.NewClient(&redis.Options{ // go-redis
//		Addr:                  addr,
//		ContextTimeoutEnabled: true, // so that calls end with their contexts
//	})
//	store, err := chatelaineredis.New(chatelaineredis.Config{Client: client})
//	…
//	err = store.Provision(ctx) // once, when the database is set up
//	…
//	defer store.Close(ctx)
//
// A session is one hash. Every script touches one key, so a cluster works too.
// The database must not evict keys: maxmemory-policy noeviction. Turn on the
// append-only file with appendfsync always, or replicas and Config.Replicas, if
// a session must survive a crash of the server.
//
// # Replicas
//
// A failover may bring back a value that was already replaced: the refresh token in it is spent,
// and a provider with strict rotation ends the session. Config.Replicas makes each write wait until
// that many replicas have it, whichever they are. The failover must promote one of those, as
// sentinels and clusters do, which promote the replica that has received the most. A lease that
// they do not confirm is an error before the callback runs, so nothing is spent.
//
// Load does not wait for replicas: just before a failover it may return a value
// that the next master gets only when its holder saves it again.
//
// # Errors
//
// Errors match those of package storage. A value that is missing is [io/fs.ErrNotExist] only while
// the marker of [Store.Provision] is there; without it, the error matches [storage.ErrDataLost].
//
// # Concurrency
//
// A Store is safe for concurrent use by any number of goroutines, processes and
// machines. Times are compared by the clock of the server alone. Waiters are
// woken by a message, and ask again every second beside that.
//
// # Security
//
// Values are stored as they are given; [storage.Seal] encrypts them.
package redis
