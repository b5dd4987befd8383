package playground

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// ControlHelp lists the endpoints under /_control.
const ControlHelp = `  POST /_control/expire                     expire every access token
  POST /_control/revoke?user=               end the sessions of a user, or all of them
  POST /_control/fail?n=1&status=503&body=&retry-after=&target=refresh
                                            fail the next refreshes; target=api: the next calls
  POST /_control/drop?n=1                   cut the connection after a refresh has taken effect
  POST /_control/delay?ms=0                 delay the responses to refreshes
  POST /_control/hold, /_control/release    hold the responses to refreshes, and release them
  POST /_control/nonce                      require another DPoP nonce
  POST /_control/set?NAME=VALUE             change a setting
  GET  /_control/settings, /_control/stats, /_control/timeline, /_control/stream
`

// maxDelay is the longest delay of a refresh. Clients give up earlier.
const maxDelay = 10 * time.Minute

// controlRoutes adds the endpoints under /_control to the mux.
func (s *Server) controlRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /_control/stats", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Provider.Stats())
	})
	m.HandleFunc("GET /_control/timeline", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, s.Provider.Timeline().String())
	})
	m.HandleFunc("GET /_control/settings", s.controlSettings)
	m.HandleFunc("GET /_control/stream", s.stream)
	for path, turn := range map[string]func(url.Values) error{
		"expire":  func(url.Values) error { s.Provider.ExpireAccess(); return nil },
		"revoke":  s.controlRevoke,
		"fail":    s.controlFail,
		"drop":    s.controlDrop,
		"delay":   s.controlDelay,
		"nonce":   s.controlNonce,
		"hold":    s.controlHold,
		"release": s.controlRelease,
		"set":     s.controlSet,
	} {
		m.HandleFunc("POST /_control/"+path, func(w http.ResponseWriter, r *http.Request) {
			if err := turn(r.URL.Query()); err != nil {
				writeJSON(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})
	}
}

// controlSettings responds with every setting and its current value.
func (s *Server) controlSettings(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.settings())
}

// settings returns every setting with its current value.
func (s *Server) settings() map[string]string {
	cfg := s.config()
	values := make(map[string]string)
	for _, setting := range Settings() {
		values[setting.Name] = setting.get(&cfg)
	}
	return values
}

func (s *Server) controlRevoke(q url.Values) error {
	if user := q.Get("user"); user != "" {
		s.Provider.Revoke(user)
	} else {
		s.Provider.RevokeAll()
	}
	return nil
}

func (s *Server) controlFail(q url.Values) error {
	n, err1 := number(q, "n", 1)
	status, err2 := number(q, "status", http.StatusServiceUnavailable)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if status < 200 || status > 599 {
		return fmt.Errorf("status is %d; use 200 to 599", status)
	}
	var header http.Header
	if after := q.Get("retry-after"); after != "" {
		header = http.Header{"Retry-After": {after}}
	}
	switch target := q.Get("target"); target {
	case "", "refresh":
		s.Provider.FailRefresh(n, status, header, q.Get("body"))
		s.recorder.ordered("fail", times("refresh", n, status), func(a *armed) {
			if a.Refreshes = more(a.Refreshes, n); n == 0 {
				a.Drops = 0 // they are in the same queue
			}
		})
	case "api":
		s.Provider.FailAPI(n, status, header, q.Get("body"))
		s.recorder.ordered("fail", times("API call", n, status), func(a *armed) { a.Calls = more(a.Calls, n) })
	default:
		return fmt.Errorf("target is %q; use refresh or api", target)
	}
	return nil
}

func (s *Server) controlDrop(q url.Values) error {
	n, err := number(q, "n", 1)
	if err != nil {
		return err
	}
	s.Provider.DropAfterRotate(n)
	s.recorder.ordered("drop", times("refresh", n, 0), func(a *armed) {
		if a.Drops = more(a.Drops, n); n == 0 {
			a.Refreshes = 0 // they are in the same queue
		}
	})
	return nil
}

func (s *Server) controlDelay(q url.Values) error {
	ms, err := number(q, "ms", 0)
	if err != nil {
		return err
	}
	d := time.Duration(ms) * time.Millisecond
	if ms < 0 || d > maxDelay {
		return fmt.Errorf("ms is %d; use 0 to %d", ms, maxDelay.Milliseconds())
	}
	s.Provider.DelayRefresh(d)
	s.recorder.ordered("delay", fmt.Sprintf("refreshes take %v longer", d), func(a *armed) { a.DelayMS = ms })
	return nil
}

// controlSet sets everything in the query, or nothing.
func (s *Server) controlSet(q url.Values) error {
	var failed error
	err := s.Provider.Reconfigure(func(c *authtest.Config) {
		draft := *c
		for name := range q {
			failed = errors.Join(failed, Set(&draft, name, q.Get(name)))
		}
		if failed == nil {
			*c = draft
		}
	})
	if err := errors.Join(failed, err); err != nil {
		return err
	}
	var changes []string
	for _, name := range slices.Sorted(maps.Keys(q)) {
		changes = append(changes, name+"="+q.Get(name))
	}
	s.recorder.ordered("set", cut(strings.Join(changes, " ")), nil)
	return nil
}

func (s *Server) controlNonce(url.Values) error {
	s.Provider.RotateNonce()
	s.recorder.ordered("nonce", "DPoP proofs need a new nonce", nil)
	return nil
}

func (s *Server) controlHold(url.Values) error {
	s.Provider.HoldRefresh()
	s.recorder.ordered("hold", "responses to refreshes wait", func(a *armed) { a.Held = true })
	return nil
}

func (s *Server) controlRelease(url.Values) error {
	s.Provider.HoldRefresh()()
	s.recorder.ordered("release", "", func(a *armed) { a.Held = false })
	return nil
}

// config returns the current configuration of the provider.
func (s *Server) config() (cfg authtest.Config) {
	_ = s.Provider.Reconfigure(func(c *authtest.Config) { cfg = *c }) // changes nothing
	return cfg
}

// writeJSON responds with a status and a value that always encodes.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body, err := json.Marshal(v)
	if err == nil {
		_, _ = w.Write(append(body, '\n'))
	}
}
