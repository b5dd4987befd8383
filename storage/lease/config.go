package lease

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Config configures [New]. Only Backend is required.
type Config struct {
	// Backend keeps the values and the leases.
	Backend Backend
	// TTL is how long a holder keeps the lock after it has last been heard of;
	// while a callback runs, the lease is renewed every quarter of it. Choose it
	// longer than any pause of a machine that you expect, and shorter than the
	// time in which the provider accepts a spent refresh token again, if it does.
	// All programs that share a database should have the same TTL. Default 15 s,
	// at least 10 ms.
	TTL time.Duration
	// OpTimeout bounds one call of the backend. Default 5 s.
	OpTimeout time.Duration
	// SaveTimeout bounds all attempts to save what a callback returned. Default
	// 30 s, at least OpTimeout.
	SaveTimeout time.Duration
	// MaxValue is the largest value in bytes. Default 16 MiB, at least 64 KiB.
	MaxValue int
}

const (
	defaultTTL         = 15 * time.Second
	defaultOpTimeout   = 5 * time.Second
	defaultSaveTimeout = 30 * time.Second
	minTTL             = 10 * time.Millisecond

	maxKey          = 1 << 10
	defaultMaxValue = 16 << 20
	minMaxValue     = 64 << 10
)

// checked returns c with its defaults, or everything that is wrong with it.
func (c Config) checked() (Config, error) {
	saveGiven := c.SaveTimeout != 0
	c.TTL = cmp.Or(c.TTL, defaultTTL)
	c.OpTimeout = cmp.Or(c.OpTimeout, defaultOpTimeout)
	c.SaveTimeout = cmp.Or(c.SaveTimeout, max(defaultSaveTimeout, c.OpTimeout))
	c.MaxValue = cmp.Or(c.MaxValue, defaultMaxValue)
	var problems []error
	if c.Backend == nil {
		problems = append(problems, errors.New("lease: Config.Backend is nil"))
	}
	if c.TTL < minTTL {
		problems = append(problems, fmt.Errorf("lease: Config.TTL is %v; it must be at least %v", c.TTL, minTTL))
	}
	if c.OpTimeout < 0 {
		problems = append(problems, errors.New("lease: Config.OpTimeout is negative"))
	}
	if saveGiven && c.SaveTimeout < c.OpTimeout {
		problems = append(problems, fmt.Errorf("lease: Config.SaveTimeout is %v; it must be at least OpTimeout, %v",
			c.SaveTimeout, c.OpTimeout))
	}
	if c.MaxValue < minMaxValue {
		problems = append(problems, fmt.Errorf("lease: Config.MaxValue is %d; it must be at least %d", c.MaxValue, minMaxValue))
	}
	return c, errors.Join(problems...)
}
