package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

const maxStorm = 100_000

func newStorm(a *app) *cobra.Command {
	var n, parallel int
	cmd := &cobra.Command{
		Use:   "storm PATH",
		Short: "Send many requests at once, and count the refreshes",
		Long: "Send many GETs at once through one session, and count the responses and refreshes. Expire the token first to see a\n" +
			"single refresh. Run several storms at once, and there is still only one.",
		Example: `  demo post /_control/expire && demo storm -n 200 /me
  demo storm -n 1000 --parallel 50 /me --trace`,
		Args: arguments("PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if n < 1 || n > maxStorm || parallel < 0 {
				return usage(fmt.Errorf("-n must be 1 to %d, and --parallel not negative", maxStorm), cmd)
			}
			return a.use(cmd.Context(), func(ctx context.Context, p *profile.Profile) error {
				return a.storm(ctx, p, args[0], n, parallel)
			})
		},
	}
	cmd.Flags().IntVarP(&n, "requests", "n", 200, "`number` of requests")
	cmd.Flags().IntVar(&parallel, "parallel", 0, "`number` of requests at a time (default: all, up to 256)")
	return withServer(a, cmd, false)
}

// stormResult is the result of a storm, as JSON.
type stormResult struct {
	Requests  int            `json:"requests"`
	Parallel  int            `json:"parallel"`
	TookMS    int64          `json:"took_ms"`
	Responses map[string]int `json:"responses"` // by status, or "failed"
	Refreshes int            `json:"refreshes"`
	Rejected  int            `json:"rejected"` // requests whose token was rejected
	Resent    int            `json:"resent"`
	MedianMS  float64        `json:"median_ms"`
	SlowestMS float64        `json:"slowest_ms"`
}

// counter counts responses. It is safe for concurrent use.
type counter struct {
	mu        sync.Mutex
	responses map[string]int
	took      []time.Duration
	err       error // the first one
}

func (c *counter) add(response string, took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.responses[response]++
	c.took = append(c.took, took)
	if c.err == nil {
		c.err = err
	}
}

func (a *app) storm(ctx context.Context, p *profile.Profile, path string, n, parallel int) error {
	const most = 256
	if parallel == 0 {
		parallel = min(n, most)
	}
	if _, err := p.Session.Status(ctx); err != nil { // a keyring that fails should fail once, not n times
		return err
	}
	c := &counter{responses: make(map[string]int)}
	done := a.waiting(p)
	began := time.Now()
	var group sync.WaitGroup
	jobs := make(chan struct{}, n)
	for range n {
		jobs <- struct{}{}
	}
	close(jobs)
	for range parallel {
		group.Go(func() {
			for range jobs {
				if ctx.Err() == nil {
					begin := time.Now()
					response, err := get(ctx, p, path)
					c.add(response, time.Since(begin), err)
				}
			}
		})
	}
	group.Wait()
	done()
	result := stormResult{Requests: n, Parallel: parallel, TookMS: time.Since(began).Milliseconds()}
	result.fill(c, a.recorder.Peek())
	var err error
	if a.flags.json {
		err = a.printJSON(result)
	} else {
		err = a.print(a.describeStorm(result))
	}
	return errors.Join(err, c.err)
}

// get sends one request, reads the response to its end, and returns its status or "failed".
func get(ctx context.Context, p *profile.Profile, path string) (response string, err error) {
	resp, err := p.Client.R().SetContext(ctx).SetDoNotParseResponse(true).Get(path)
	if err != nil {
		return "failed", err
	}
	_, err = io.Copy(io.Discard, resp.RawBody())
	if err := errors.Join(err, resp.RawBody().Close()); err != nil {
		return "failed", err
	}
	if resp.StatusCode() >= http.StatusBadRequest {
		unsigned, _ := p.Server.Allows(path)
		err = &profile.StatusError{Status: resp.StatusCode(), What: "GET " + pathOf(path), Unsigned: unsigned}
	}
	return strconv.Itoa(resp.StatusCode()), err
}

func (r *stormResult) fill(c *counter, exchanges []wire.Exchange) {
	r.Responses = c.responses
	if len(c.took) > 0 {
		slices.Sort(c.took)
		r.MedianMS, r.SlowestMS = millis(c.took[len(c.took)/2]), millis(c.took[len(c.took)-1])
	}
	for _, e := range exchanges {
		switch {
		case e.Role == wire.Refresh:
			r.Refreshes++
		case e.Role == wire.Resent:
			r.Resent++
		case e.Role == wire.Request && e.Status == http.StatusUnauthorized:
			r.Rejected++
		}
	}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (a *app) describeStorm(r stormResult) string {
	var b strings.Builder
	for _, response := range slices.Sorted(maps.Keys(r.Responses)) {
		text := a.outStyle.Red(response)
		if status, err := strconv.Atoi(response); err == nil {
			text = a.outStyle.Status(status) + " " + http.StatusText(status)
		}
		b.WriteString(field("responses", fmt.Sprintf("%d × %s", r.Responses[response], text)))
	}
	b.WriteString(field("rejected", fmt.Sprintf("%d × 401, %d sent again", r.Rejected, r.Resent)))
	b.WriteString(field("refreshes", a.outStyle.Magenta(strconv.Itoa(r.Refreshes))))
	b.WriteString(field("took", fmt.Sprintf("%d ms, median %.1f ms, slowest %.1f ms", r.TookMS, r.MedianMS, r.SlowestMS)))
	return b.String()
}
