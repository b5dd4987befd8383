package lease_test

import (
	"context"
	"fmt"
	"hash/fnv"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// Shards are the stores of a fleet that has outgrown one database: each account has its database,
// by a hash of its name. Their number must not change while there are sessions, so have sixteen,
// say, from the beginning, and let several of them be tables of one database.
type shards []*lease.Store

func (s shards) of(key string) *lease.Store {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(key))
	return s[hash.Sum32()%uint32(len(s))]
}

// Load implements storage.Store.
func (s shards) Load(ctx context.Context, key string) ([]byte, error) {
	return s.of(key).Load(ctx, key)
}

// Update implements storage.Store.
func (s shards) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	return s.of(key).Update(ctx, key, fn)
}

// UpdateUnless is passed on, so that a process that has waited takes no lease for what is done.
func (s shards) UpdateUnless(
	ctx context.Context, key string, settled func([]byte) bool, fn func(context.Context, []byte) ([]byte, error),
) error {
	return s.of(key).UpdateUnless(ctx, key, settled, fn)
}

// Tombstones is passed on, so that every machine can tell why a session has ended.
func (s shards) Tombstones() bool { return true }

// Sessions do not depend on one another, so those of different accounts may be in different
// databases.
func Example_shards() {
	ctx := context.Background()
	databases := []*mapKV{newMapKV(), newMapKV()}
	var store shards
	for _, database := range databases {
		s, err := lease.New(lease.Config{Backend: lease.CAS(database)})
		if err != nil {
			fmt.Println(err)
			return
		}
		store = append(store, s)
	}
	for _, account := range []string{"alice", "bob", "carol", "dave"} {
		err := store.Update(ctx, account, func(context.Context, []byte) ([]byte, error) { return []byte("token of " + account), nil })
		if err != nil {
			fmt.Println(err)
		}
	}
	for i, database := range databases {
		fmt.Printf("database %d: %d sessions\n", i, len(database.entries))
	}
	value, err := store.Load(ctx, "carol")
	fmt.Printf("%s %v\n", value, err)
	// Output:
	// database 0: 2 sessions
	// database 1: 2 sessions
	// token of carol <nil>
}
