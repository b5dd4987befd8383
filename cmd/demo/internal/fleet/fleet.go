// Package fleet runs many processes on sessions that they share, kills and stops some of them, and
// counts what the identity provider saw: each rotation once, and no token twice.
package fleet

import (
	"context"
	"errors"
	"os/exec"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// Config says how large a fleet is and what it has to bear.
type Config struct {
	Processes  int           `json:"processes"`
	Goroutines int           `json:"goroutines"` // of each process
	Sessions   int           `json:"sessions"`
	Duration   time.Duration `json:"duration"`
	Pace       time.Duration `json:"pace"`      // between two calls of a goroutine, on average
	TokenTTL   time.Duration `json:"token_ttl"` // of an access token
	Delay      time.Duration `json:"delay"`     // between a rotation and the provider's response
	Grace      time.Duration `json:"grace"`     // how long the provider accepts a spent refresh token again; 0: never
	LeaseTTL   time.Duration `json:"lease_ttl"`
	KillEvery  time.Duration `json:"kill_every"`  // 0: no process is killed
	PauseEvery time.Duration `json:"pause_every"` // 0: no process is stopped
	Pause      time.Duration `json:"pause"`       // how long one is stopped
	Store      string        `json:"store"`       // where the store is, for an Opener; "": in the coordinating process
}

// Check returns what is wrong with c.
func (c Config) Check() error {
	var problems []error
	if c.Processes < 1 || c.Processes > 256 {
		problems = append(problems, errors.New("the number of processes must be 1 to 256"))
	}
	if c.Goroutines < 1 || c.Goroutines > 1024 || c.Sessions < 1 || c.Sessions > 100_000 {
		problems = append(problems, errors.New("there must be 1 to 1024 goroutines, and 1 to 100000 sessions"))
	}
	return errors.Join(append(problems, c.checkDurations())...)
}

func (c Config) checkDurations() error {
	var problems []error
	if c.Duration <= 0 || c.TokenTTL < time.Second || c.LeaseTTL < 100*time.Millisecond || c.Pace <= 0 {
		problems = append(problems, errors.New("durations must be positive, tokens live for at least 1s, leases for at least 100ms"))
	}
	if c.Delay < 0 || c.Grace < 0 || c.KillEvery < 0 || c.PauseEvery < 0 || (c.PauseEvery > 0 && c.Pause <= 0) {
		problems = append(problems, errors.New("durations must not be negative, and a pause needs a length"))
	}
	return errors.Join(problems...)
}

// A Store is what package lease makes of a database.
type Store interface {
	storage.Store
	Stats() lease.Stats
	Close(ctx context.Context) error
}

// An Opener opens the store at url, and sets its database up if need be.
type Opener func(ctx context.Context, url string, leaseTTL time.Duration) (Store, error)

// A Command starts this program again, as a worker of a fleet with the given argument.
type Command func(ctx context.Context, argument string) *exec.Cmd

// A Report is what one process has counted so far.
type Report struct {
	Calls     int           `json:"calls"`
	Refused   int           `json:"refused"` // responses 401 that the session dealt with
	Errors    int           `json:"errors"`  // of callers
	SignedOut int           `json:"signed_out"`
	Error     string        `json:"error,omitempty"` // the latest one
	Refreshes int           `json:"refreshes"`
	SlowestMS int64         `json:"slowest_ms"`
	Store     lease.Stats   `json:"store"`
	Latencies map[int64]int `json:"latencies"` // calls by milliseconds, powers of two
}
