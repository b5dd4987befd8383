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

// A check is a claim, whether it is true, and the evidence.
type check struct {
	Text     string `json:"check"`
	Passed   bool   `json:"passed"`
	Evidence string `json:"evidence"`
}

// A sceneResult is what a scene showed.
type sceneResult struct {
	Title     string          `json:"title"`
	Story     string          `json:"story"`
	Exchanges []wire.Exchange `json:"exchanges"`
	Checks    []check         `json:"checks"`
}

// A report is the whole tour, as JSON.
type report struct {
	Passed bool           `json:"passed"` // all of the checks
	Checks int            `json:"checks"`
	Failed int            `json:"failed"`
	TookMS int64          `json:"took_ms"`
	Scenes []sceneResult  `json:"scenes"`
	Server authtest.Stats `json:"server"` // its counters, which the claims were checked against
}

// conclude prints the summary, and fails if a check did.
func (r *runner) conclude(took time.Duration) error {
	rep := &r.report
	rep.TookMS, rep.Server = took.Milliseconds(), r.server.Stats()
	for _, s := range rep.Scenes {
		rep.Checks += len(s.Checks)
		rep.Failed += len(s.Checks) - s.total().passed
	}
	rep.Passed = rep.Failed == 0
	if r.JSON {
		e := json.NewEncoder(r.Out)
		e.SetIndent("", "  ")
		if err := e.Encode(rep); err != nil {
			return err
		}
	} else {
		r.summarize()
	}
	if !rep.Passed {
		return fmt.Errorf("%w: %d of %d", ErrFailed, rep.Failed, rep.Checks)
	}
	return nil
}

// summarize prints a table of the scenes, the checks that failed, and the verdict.
func (r *runner) summarize() {
	r.say("\n%s %s\n\n", r.Style.Invert(" Σ "), r.Style.Bold("Summary"))
	r.say("    %s\n", r.Style.Dim(fmt.Sprintf(tableRow, "scene", "passed", "requests", "rejected", "refreshes")))
	for _, s := range r.report.Scenes {
		t := s.total()
		line := fmt.Sprintf(tableRow, s.Title, fmt.Sprintf("%d of %d", t.passed, len(s.Checks)), number(len(s.Exchanges)),
			number(t.rejected), number(t.refreshes))
		r.say("  %s %s\n", r.Style.Mark(t.passed == len(s.Checks)), line)
		for _, c := range s.Checks {
			if !c.Passed {
				r.say("      %s\n", r.Style.Red(c.Text+": "+c.Evidence))
			}
		}
	}
	rep := r.report
	line := r.Style.Green(fmt.Sprintf("All %d checks passed in %.1f s.", rep.Checks, float64(rep.TookMS)/1000))
	if !rep.Passed {
		line = r.Style.Red(fmt.Sprintf("%d of %d checks failed.", rep.Failed, rep.Checks))
	}
	r.say("\n  %s %s\n  %s\n\n", r.Style.Bold(line),
		r.Style.Dim(fmt.Sprintf("%s, %s, %d refresh tokens used twice.", count(rep.Server.Logins, "login"),
			count(rep.Server.Rotations, "rotation"), rep.Server.Reuses)),
		r.Style.Dim("To try it by hand: "+r.Name+" serve"))
}

const tableRow = "%-20s %-10s %10s %10s %11s"

// number shows zero as a dash, so that other numbers stand out.
func number(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

// total counts the checks that passed, the requests rejected with 401, and the refreshes.
func (s *sceneResult) total() (t struct{ passed, rejected, refreshes int }) {
	for _, c := range s.Checks {
		if c.Passed {
			t.passed++
		}
	}
	for _, e := range s.Exchanges {
		switch {
		case e.Role == wire.Refresh:
			t.refreshes++
		case e.Status == http.StatusUnauthorized:
			t.rejected++
		}
	}
	return t
}
