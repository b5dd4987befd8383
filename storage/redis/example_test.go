package redis_test

import (
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/storage/redis"
)

// The client is go-redis's, for one server, a cluster, or a sentinel.
func ExampleNew() {
	client := goredis.NewClient(&goredis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
	defer func() { _ = client.Close() }()
	store, err := redis.New(redis.Config{Client: client, Prefix: "myprogram"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(store.Namespace()) // Provision it once, then hand it to a session.
	// Output: myprogram
}
