// Package nats keeps values in a bucket of NATS JetStream, so that the programs
// of many machines share one session.
//
// It is a module of its own, on github.com/nats-io/nats.go.
//
// # Usage
//
// Import this package under another name beside that of the client:
//
//	js, err := jetstream.New(conn)
//	…
//	bucket, err := chatelainenats.OpenBucket(ctx, js, jetstream.KeyValueConfig{Bucket: "sessions", Replicas: 3})
//	…
//	store, err := chatelainenats.New(chatelainenats.Config{Bucket: bucket})
//	…
//	err = store.Provision(ctx) // once, when the bucket is set up
//
// The bucket needs no TTL and a history of 1; with file storage and three replicas, a session
// survives the loss of a server. An entry must fit into the server's max_payload, 1 MiB unless it
// is configured.
//
// A client finds out late that its connection has fallen silent, as after a
// firewall has forgotten it: by default after four minutes. Let it ask more often:
// nats.PingInterval(5*time.Second), nats.MaxPingsOutstanding(2).
//
// # Errors
//
// Errors match those of package storage. A value that is missing is [io/fs.ErrNotExist] only while
// the marker of [Store.Provision] is there; without it, the error matches [storage.ErrDataLost].
//
// # Concurrency
//
// A Store is safe for concurrent use by any number of goroutines, processes and
// machines. No clock but the watcher's own decides when a lease has expired:
// see [lease.CAS]. Waiters are woken by a watch of the entry.
//
// # Security
//
// Values are stored as they are given; [storage.Seal] encrypts them. Keys are
// readable, in base64url.
package nats
