package tour

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

// A promise, and whether it held.
type promise struct {
	Text     string `json:"promise"`
	Held     bool   `json:"held"`
	Evidence string `json:"evidence"`
}

// An act is a scene that has been played.
type act struct {
	Title     string          `json:"title"`
	Story     string          `json:"story"`
	Exchanges []wire.Exchange `json:"exchanges"`
	Promises  []promise       `json:"promises"`
}

// A report is all of it, as JSON.
type report struct {
	Held     bool           `json:"held"` // all of them
	Promises int            `json:"promises"`
	Broken   int            `json:"broken"`
	TookMS   int64          `json:"took_ms"`
	Scenes   []act          `json:"scenes"`
	Server   authtest.Stats `json:"server"` // its counters, which the promises were checked against
}

// conclude prints the summary, and fails if a promise did not hold.
func (s *stage) conclude(took time.Duration) error {
	r := &s.report
	r.TookMS, r.Server = took.Milliseconds(), s.server.Stats()
	for _, a := range r.Scenes {
		r.Promises += len(a.Promises)
		r.Broken += len(a.Promises) - a.total().held
	}
	r.Held = r.Broken == 0
	if s.JSON {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return err
		}
	} else {
		s.summarize()
	}
	if !r.Held {
		return fmt.Errorf("%w: %d of %d", ErrBroken, r.Broken, r.Promises)
	}
	return nil
}

// summarize prints a table of the scenes, what did not hold, and the verdict.
func (s *stage) summarize() {
	s.say("\n%s %s\n\n", s.Style.Invert(" Σ "), s.Style.Bold("Summary"))
	s.say("    %s\n", s.Style.Dim(fmt.Sprintf(tableRow, "scene", "promises", "requests", "refused", "refreshes")))
	for _, a := range s.report.Scenes {
		t := a.total()
		held := t.held == len(a.Promises)
		line := fmt.Sprintf(tableRow, a.Title, fmt.Sprintf("%d of %d", t.held, len(a.Promises)), number(len(a.Exchanges)),
			number(t.refused), number(t.refreshes))
		s.say("  %s %s\n", s.Style.Mark(held), line)
		for _, p := range a.Promises {
			if !p.Held {
				s.say("      %s\n", s.Style.Red(p.Text+": "+p.Evidence))
			}
		}
	}
	line := s.Style.Green(fmt.Sprintf("All %d promises held, in %.1f s.", s.report.Promises, float64(s.report.TookMS)/1000))
	if !s.report.Held {
		line = s.Style.Red(fmt.Sprintf("%d of %d promises did not hold.", s.report.Broken, s.report.Promises))
	}
	stats := s.report.Server
	s.say("\n  %s %s\n  %s\n\n", s.Style.Bold(line),
		s.Style.Dim(fmt.Sprintf("%s, %s, %d refresh tokens spent twice.", count(stats.Logins, "login"), count(stats.Rotations, "rotation"),
			stats.Reuses)),
		s.Style.Dim("By hand: "+s.Name+" serve; it tells what to try."))
}

const tableRow = "%-20s %-10s %10s %10s %11s"

// number leaves a zero out, so that the others are seen.
func number(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

// total counts what is in an act.
func (a act) total() (t struct{ held, refused, refreshes int }) {
	for _, p := range a.Promises {
		if p.Held {
			t.held++
		}
	}
	for _, e := range a.Exchanges {
		switch {
		case e.Role == wire.Refresh:
			t.refreshes++
		case e.Status == http.StatusUnauthorized:
			t.refused++
		}
	}
	return t
}
