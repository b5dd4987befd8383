package authtest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a fake identity provider and API. All methods may be called concurrently, while
// requests are served. Make one with [NewServer] or [Start]; the zero value serves nothing.
type Server struct {
	// URL is the base of every endpoint, http://host:port without a slash at the end. Do not change
	// it. In memory it is a loopback URL with a port that nothing listens on.
	URL string

	foreign   *Foreign
	http      *httpServer
	transport *http.Transport
	mux       *http.ServeMux
	done      chan struct{} // closed by Close
	closing   sync.Once

	mu            sync.Mutex
	cfg           Config
	tokens        *tokenTable
	proofs        proofs
	stats         Stats
	events        Timeline
	pending       []Event       // not yet told to OnEvent
	changed       chan struct{} // closed at the next change of the counters, if anyone waits
	dirty         bool          // the counters have changed since the last unlock
	refreshFaults []fault
	apiFaults     []fault
	refreshHold   chan struct{} // closed at the release
	refreshDelay  time.Duration
	apiHolds      []chan struct{}
}

// NewServer starts a server. Like [net/http/httptest.NewServer] it panics if it cannot: a wrong
// configuration or a taken port is a fault of the test. [Start] returns the error.
func NewServer(cfg Config) *Server {
	s, err := Start(cfg)
	if err != nil {
		abort(err)
	}
	return s
}

// Start starts a server and returns when it accepts connections. The error names everything that
// is wrong with the configuration, or why the address cannot be listened on.
func Start(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	var api, foreign net.Listener
	if cfg.InMemory {
		api, foreign = listenInMemory(transport)
	} else {
		var err error
		if api, foreign, err = listenTCP(cfg.Addr); err != nil {
			return nil, err
		}
	}
	s := &Server{
		URL:       "http://" + api.Addr().String(),
		transport: transport,
		done:      make(chan struct{}),
		cfg:       cfg,
		tokens:    newTokenTable(),
		proofs:    newProofs(),
	}
	if s.cfg.Issuer == "" {
		s.cfg.Issuer = s.URL
	}
	s.mux = s.routes()
	s.foreign = newForeign(s, foreign)
	s.http = serve(api, s.Handler())
	return s, nil
}

// Close cuts every connection, releases whatever is held and returns when no goroutine of the
// server is left. Close the bodies of your responses first: the goroutines of a client's open
// response are the client's. The counters and the timeline can still be read. A second call does
// nothing.
func (s *Server) Close() {
	s.closing.Do(func() {
		close(s.done)
		s.http.close()
		s.foreign.http.close()
	})
}

// Handler returns the server as a handler, to be mounted on a listener of your own, for example by
// [net/http/httptest.NewTLSServer]. It shares all state with the server at URL. Close the other
// listener after this server, so that no held request keeps it open.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
		s.mux.ServeHTTP(w, r)
	})
}

// Transport returns a transport that reaches the server and its [Foreign] origin, through no
// proxy. It is the only way to a server in memory. Its connections end with [Server.Close].
func (s *Server) Transport() http.RoundTripper { return s.transport }

// Client returns a new client on [Server.Transport].
func (s *Server) Client() *http.Client { return &http.Client{Transport: s.transport} }

// Foreign returns a second server on another origin, which must never see a token.
func (s *Server) Foreign() *Foreign { return s.foreign }

// Reconfigure changes the configuration of the running server, for requests and tokens to come:
//
//	err := s.Reconfigure(func(c *authtest.Config) { c.ExpiredStatus = http.StatusForbidden })
//
// The function is called once, with the configuration in force, defaults filled in. If the result
// is not valid, or changes a field that is fixed at the start, nothing changes and the error says
// why. The function must not call methods of the server.
func (s *Server) Reconfigure(change func(*Config)) error {
	s.mu.Lock()
	defer s.unlock()
	next := s.cfg.withDefaults() // a copy, with maps of its own
	change(&next)
	next = next.withDefaults()
	if err := next.validate(); err != nil {
		return err
	}
	if name := s.cfg.fixedChange(&next); name != "" {
		return fmt.Errorf("authtest: %s cannot change while the server runs; start another one", name)
	}
	s.cfg = next
	return nil
}

// Issue opens a session for any user, known or not, without a request. It has no OAuth client.
func (s *Server) Issue(user string) TokenPair {
	s.mu.Lock()
	defer s.unlock()
	g := s.tokens.open(&login{user: user}, s.clock(), &s.cfg)
	s.record(Event{Kind: EventIssue, User: user, Session: g.family.id}, nil)
	return TokenPair{AccessToken: g.access, RefreshToken: g.refresh, Expiry: time.Now().Add(g.ttl)}
}

// Format prints the URL alone, whatever the verb: the state holds tokens.
func (s *Server) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "authtest.Server("+s.URL+")") }

// config returns the configuration in force. Its maps are replaced, never changed.
func (s *Server) config() Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg
}

// clock is the server's clock. The caller holds the lock.
func (s *Server) clock() time.Time { return time.Now().Add(s.cfg.ClockOffset) }

// now is the server's clock.
func (s *Server) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock()
}

// abort panics: with an error out of NewServer, with [http.ErrAbortHandler] out of a handler.
func abort(err error) {
	panic(err) //nolint:forbidigo // httptest.NewServer's contract, and net/http's one way to cut a connection on HTTP/1 and HTTP/2
}

// routes is the table of all endpoints.
func (s *Server) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("POST /auth/login", s.restLogin)
	m.HandleFunc("POST /auth/refresh", s.restRefresh)
	m.HandleFunc("POST /auth/logout", s.restLogout)
	m.HandleFunc("POST /oauth/token", s.oauthToken)
	m.HandleFunc("POST /oauth/revoke", s.oauthRevoke)
	m.HandleFunc("/oauth/authorize", s.authorize)
	m.HandleFunc("POST /oauth/par", s.push)
	m.HandleFunc("POST /oauth/device_authorization", s.deviceAuthorization)
	m.HandleFunc("/oauth/device", s.devicePage)
	m.HandleFunc("POST /oauth/register", s.register)
	m.HandleFunc("/oauth/logout", s.endSession)
	m.HandleFunc("GET /.well-known/openid-configuration", s.metadata)
	m.HandleFunc("GET /.well-known/oauth-authorization-server", s.metadata)
	m.HandleFunc("GET /me", s.api(required, s.me))
	m.HandleFunc("/echo", s.api(required, s.echo))
	m.HandleFunc("/public/echo", s.api(ignored, s.echo))
	m.HandleFunc("/status/{code}", s.api(optional, s.status))
	m.HandleFunc("GET /bytes/{n}", s.api(optional, s.bytes))
	m.HandleFunc("/redirect", s.api(optional, s.redirect))
	return m
}
