package tour

import (
	"encoding/json"
	"fmt"
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
		for _, p := range a.Promises {
			r.Promises++
			if !p.Held {
				r.Broken++
			}
		}
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

func (s *stage) summarize() {
	const titleColumn = 20
	s.say("\n%s %s\n\n", s.Style.Invert(" ✓ "), s.Style.Bold("Summary"))
	for _, a := range s.report.Scenes {
		title := a.Title
		for _, p := range a.Promises {
			s.say("  %s %s%s\n", s.Style.Mark(p.Held), s.Style.Bold(pad(title, titleColumn)), p.Text)
			title = ""
		}
	}
	line := fmt.Sprintf("All %d promises held, in %.1f s.", s.report.Promises, float64(s.report.TookMS)/1000)
	if s.report.Held {
		line = s.Style.Green(line)
	} else {
		line = s.Style.Red(fmt.Sprintf("%d of %d promises did not hold.", s.report.Broken, s.report.Promises))
	}
	stats := s.report.Server
	s.say("\n  %s %s\n  %s\n\n", s.Style.Bold(line),
		s.Style.Dim(fmt.Sprintf("%s, %s, %d refresh tokens spent twice.", count(stats.Logins, "login"), count(stats.Rotations, "rotation"),
			stats.Reuses)),
		s.Style.Dim("By hand: demo serve, and in another terminal demo login, demo get /me --trace."))
}
