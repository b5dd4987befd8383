package fleet

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// A Summary is what a fleet has done so far.
type Summary struct {
	Took      time.Duration `json:"took_ns"`
	Processes int           `json:"processes"`
	Kills     int           `json:"kills"`
	Pauses    int           `json:"pauses"`
	Total     Report        `json:"total"`
	Members   []Report      `json:"members"`   // of the processes that were not killed
	Refreshes int64         `json:"refreshes"` // that the provider granted
	Reuses    int64         `json:"reuses"`    // spent tokens that it was shown
	Refused   int64         `json:"refused"`   // 401s
	Sessions  int           `json:"sessions"`
	Alive     int           `json:"alive"`
	Strict    bool          `json:"strict"`
	Whole     bool          `json:"whole"` // no process was killed, or stopped for long enough to lose a lease
	Problems  []string      `json:"problems,omitempty"`
}

// Summary returns what the fleet has done so far.
func (r *Run) Summary() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Summary{
		Took: time.Since(r.began), Processes: len(r.members), Kills: r.kills, Pauses: r.pauses, Sessions: r.config.Sessions,
		Refreshes: r.provider.refreshes.Load(), Reuses: r.provider.reuses.Load(), Refused: r.provider.refused.Load(),
		Alive: r.provider.alive(), Strict: r.config.Grace == 0, Total: Report{Latencies: make(map[int64]int)},
	}
	// A lease is renewed at the latest after three eighths of its time.
	s.Whole = r.kills == 0 && (r.pauses == 0 || r.config.Pause < r.config.LeaseTTL*5/8)
	for i := range r.past {
		s.Total.add(&r.past[i])
	}
	for _, m := range r.members {
		s.Total.add(&m.report)
		s.Members = append(s.Members, m.report)
	}
	for _, p := range r.problems {
		s.Problems = append(s.Problems, p.Error())
	}
	return s
}

// Busy is how many processes have begun to call.
func (s Summary) Busy() (n int) {
	for i := range s.Members {
		if s.Members[i].Calls > 0 {
			n++
		}
	}
	return n
}

func (r *Report) add(o *Report) {
	r.Calls += o.Calls
	r.Errors += o.Errors
	r.SignedOut += o.SignedOut
	r.Refreshes += o.Refreshes
	r.SlowestMS = max(r.SlowestMS, o.SlowestMS)
	if o.Error != "" {
		r.Error = o.Error
	}
	for k, v := range o.Latencies {
		r.Latencies[k] += v
	}
	r.Store = sum(r.Store, o.Store)
}

func sum(a, b lease.Stats) lease.Stats {
	return lease.Stats{
		Loads: a.Loads + b.Loads, Acquires: a.Acquires + b.Acquires, Looks: a.Looks + b.Looks, Renewals: a.Renewals + b.Renewals,
		Commits: a.Commits + b.Commits, Updates: a.Updates + b.Updates, Waits: a.Waits + b.Waits,
		Settled: a.Settled + b.Settled, Takeovers: a.Takeovers + b.Takeovers, Lost: a.Lost + b.Lost, Retries: a.Retries + b.Retries, Unsaved: a.Unsaved + b.Unsaved,
	}
}

// quantile returns the upper bound of the calls' latency, in milliseconds.
func (r *Report) quantile(q float64) int64 {
	var buckets []int64
	total := 0
	for k, n := range r.Latencies {
		buckets = append(buckets, k)
		total += n
	}
	slices.Sort(buckets)
	seen := 0
	for _, k := range buckets {
		seen += r.Latencies[k]
		if float64(seen) >= q*float64(total) {
			return k
		}
	}
	return 0
}

// UpdatesPerRotation is how often a process took the lock for each token that was refreshed.
func (s Summary) UpdatesPerRotation() float64 { return s.perRotation(s.Total.Store.Updates) }

// OperationsPerRotation is how many operations the leases took for each token that was refreshed.
func (s Summary) OperationsPerRotation() float64 {
	t := s.Total.Store
	return s.perRotation(t.Acquires + t.Looks + t.Renewals + t.Commits)
}

func (s Summary) perRotation(n uint64) float64 {
	if s.Refreshes == 0 {
		return 0
	}
	return float64(n) / float64(s.Refreshes)
}

// Failures returns what the fleet was to bear and did not. A killed process may take a token with
// it that it has just got; a strict provider then ends that session, and no lock can help.
func (s Summary) Failures() []string {
	failures := slices.Clone(s.Problems)
	allowed := uint64(0)
	if s.Strict {
		allowed = s.Total.Store.Takeovers
	}
	if lost := s.Sessions - s.Alive; lost > 0 && uint64(lost) > allowed {
		failures = append(failures, fmt.Sprintf("%d sessions were lost, though only %d holders vanished", lost, allowed))
	}
	if s.Whole && s.Reuses > 0 {
		failures = append(failures, fmt.Sprintf("%d spent tokens were used again", s.Reuses))
	}
	if s.Whole && int64(s.Total.Refreshes) != s.Refreshes {
		failures = append(failures, fmt.Sprintf("the processes count %d refreshes, the provider %d", s.Total.Refreshes, s.Refreshes))
	}
	if s.Kills == 0 && s.Pauses == 0 && s.Total.Errors > 0 {
		failures = append(failures, fmt.Sprintf("%d calls failed, the last one with %s", s.Total.Errors, s.Total.Error))
	}
	return failures
}

// Table draws the summary.
func (s Summary) Table() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-22s "+format+"\n", append([]any{name}, args...)...)
	}
	t := &s.Total
	row("processes", "%d, %d killed, %d stopped, %.0f s", s.Processes, s.Kills, s.Pauses, s.Took.Seconds())
	row("calls", "%d, %d failed, p50 ≤ %d ms, p99 ≤ %d ms, slowest %d ms", t.Calls, t.Errors, t.quantile(0.5), t.quantile(0.99), t.SlowestMS)
	row("401 responses", "%d", s.Refused)
	row("refreshes", "%d at the provider, %d counted by processes", s.Refreshes, t.Refreshes)
	row("spent tokens reused", "%d", s.Reuses)
	row("sessions", "%d of %d alive", s.Alive, s.Sessions)
	st := t.Store
	row("locked updates", "%d, %.2f for each refresh; %d took over, %d lost the lease, %d saves repeated", st.Updates,
		s.UpdatesPerRotation(), st.Takeovers, st.Lost, st.Retries)
	row("waits for a lease", "%d, of which %d needed it no more", st.Waits, st.Settled)
	row("lease operations", "%.2f for each refresh: %d acquires, %d looks, %d renewals, %d commits; %d loads beside",
		s.OperationsPerRotation(), st.Acquires, st.Looks, st.Renewals, st.Commits, st.Loads)
	if t.Errors > 0 {
		row("last error", "%s", t.Error)
	}
	return b.String()
}
