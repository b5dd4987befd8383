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
		Long: "Send many GETs at once through one session, and count what happened. Expire the token before, and see one refresh.\n" +
			"Run several storms at once, and still see one.",
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
	cmd.Flags().IntVarP(&n, "requests", "n", 200, "how `many`")
	cmd.Flags().IntVar(&parallel, "parallel", 0, "how `many` at a time (default: all, up to 256)")
	return withServer(a, cmd, false)
}

// weather is what a storm brought, as JSON.
type weather struct {
	Requests  int            `json:"requests"`
	Parallel  int            `json:"parallel"`
	TookMS    int64          `json:"took_ms"`
	Answers   map[string]int `json:"answers"` // by status, or "failed"
	Refreshes int            `json:"refreshes"`
	Refused   int            `json:"refused"` // sends whose token was refused
	Again     int            `json:"sent_again"`
	MedianMS  float64        `json:"median_ms"`
	SlowestMS float64        `json:"slowest_ms"`
}

// tally counts outcomes. It is safe for concurrent use.
type tally struct {
	mu      sync.Mutex
	answers map[string]int
	took    []time.Duration
	err     error // one of them
}

func (t *tally) add(answer string, took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers[answer]++
	t.took = append(t.took, took)
	if t.err == nil {
		t.err = err
	}
}

func (a *app) storm(ctx context.Context, p *profile.Profile, path string, n, parallel int) error {
	const most = 256
	if parallel == 0 {
		parallel = min(n, most)
	}
	if _, err := p.Session.Status(ctx); err != nil { // a keyring that fails should do so once
		return err
	}
	t := &tally{answers: make(map[string]int)}
	done := a.waiting(p)
	began := time.Now()
	var group sync.WaitGroup
	tickets := make(chan struct{}, n)
	for range n {
		tickets <- struct{}{}
	}
	close(tickets)
	for range parallel {
		group.Go(func() {
			for range tickets {
				if ctx.Err() == nil {
					begin := time.Now()
					answer, err := ask(ctx, p, path)
					t.add(answer, time.Since(begin), err)
				}
			}
		})
	}
	group.Wait()
	done()
	w := weather{Requests: n, Parallel: parallel, TookMS: time.Since(began).Milliseconds()}
	w.fill(t, a.recorder.Peek())
	var err error
	if a.flags.json {
		err = a.printJSON(w)
	} else {
		err = a.print(a.describeWeather(w))
	}
	return errors.Join(err, t.err)
}

// ask sends one request and reads the answer to its end.
func ask(ctx context.Context, p *profile.Profile, path string) (answer string, err error) {
	resp, err := p.Client.R().SetContext(ctx).SetDoNotParseResponse(true).Get(path)
	if err != nil {
		return "failed", err
	}
	_, err = io.Copy(io.Discard, resp.RawBody())
	if err := errors.Join(err, resp.RawBody().Close()); err != nil {
		return "failed", err
	}
	if resp.StatusCode() >= http.StatusBadRequest {
		err = &profile.StatusError{Status: resp.StatusCode(), What: "GET " + pathOf(path)}
	}
	return strconv.Itoa(resp.StatusCode()), err
}

func (w *weather) fill(t *tally, exchanges []wire.Exchange) {
	w.Answers = t.answers
	if len(t.took) > 0 {
		slices.Sort(t.took)
		w.MedianMS, w.SlowestMS = millis(t.took[len(t.took)/2]), millis(t.took[len(t.took)-1])
	}
	for _, e := range exchanges {
		switch {
		case e.Role == wire.Refresh:
			w.Refreshes++
		case e.Role == wire.Again:
			w.Again++
		case e.Role == wire.Request && e.Status == http.StatusUnauthorized:
			w.Refused++
		}
	}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (a *app) describeWeather(w weather) string {
	var b strings.Builder
	for _, answer := range slices.Sorted(maps.Keys(w.Answers)) {
		text := a.outStyle.Red(answer)
		if status, err := strconv.Atoi(answer); err == nil {
			text = a.outStyle.Status(status) + " " + http.StatusText(status)
		}
		b.WriteString(field("answered", fmt.Sprintf("%d × %s", w.Answers[answer], text)))
	}
	b.WriteString(field("refused", fmt.Sprintf("%d, of which %d were sent again", w.Refused, w.Again)))
	b.WriteString(field("refreshes", a.outStyle.Magenta(strconv.Itoa(w.Refreshes))))
	b.WriteString(field("took", fmt.Sprintf("%d ms, median %.1f ms, slowest %.1f ms", w.TookMS, w.MedianMS, w.SlowestMS)))
	return b.String()
}
