package redis

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// Config configures [New]. Client is required.
type Config struct {
	// Client is the connection to the server, a cluster or a sentinel's master; not
	// a Ring, which looks for keys elsewhere while a server is away. The store never
	// closes it.
	Client goredis.UniversalClient
	// Prefix begins the name of every key. Default "chatelaine".
	Prefix string
	// Replicas is how many replicas must have a write before it counts. One is
	// enough if a failover promotes the replica that has received the most, as
	// sentinels and clusters do; give the number of all replicas if it may promote
	// any of them. Default 0.
	Replicas int

	// TTL, OpTimeout, SaveTimeout and MaxValue are those of [lease.Config]. An
	// acknowledgment of the replicas must come within OpTimeout.
	TTL         time.Duration
	OpTimeout   time.Duration
	SaveTimeout time.Duration
	MaxValue    int
}

const (
	defaultPrefix    = "chatelaine"
	defaultOpTimeout = 5 * time.Second // that of package lease
)

func (c Config) checked() (Config, error) {
	c.Prefix = cmp.Or(c.Prefix, defaultPrefix)
	c.OpTimeout = cmp.Or(c.OpTimeout, defaultOpTimeout)
	var problems []error
	if c.Client == nil {
		problems = append(problems, errors.New("redis: Config.Client is nil"))
	}
	if _, ok := c.Client.(*goredis.Ring); ok {
		problems = append(problems, errors.New("redis: Config.Client is a Ring, which looks for keys elsewhere while a server is away; "+
			"use a cluster, or one server for each store"))
	}
	if c.Replicas < 0 {
		problems = append(problems, fmt.Errorf("redis: Config.Replicas is %d; it must not be negative", c.Replicas))
	}
	return c, errors.Join(problems...)
}

func (c Config) lease(b lease.Backend) lease.Config {
	return lease.Config{Backend: b, TTL: c.TTL, OpTimeout: c.OpTimeout, SaveTimeout: c.SaveTimeout, MaxValue: c.MaxValue}
}
