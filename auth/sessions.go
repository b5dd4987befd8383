package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"unicode/utf8"

	"github.com/chatelaine-go/chatelaine/auth/internal/memory"
	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Sessions is an interceptor for a server that acts for many users: it signs each request with the
// token of the request's account, and keeps one session for each account in use. A request without
// an account fails with [ErrNoAccount], and nothing is sent.
//
// Each session behaves as an [Interceptor] does: one refresh for all callers and processes, and so
// on. Sessions that no call is using stay in memory until MaxIdle or IdleTime; then they are
// evicted, which closes them. The next call for the account reads the store again. A session with a
// refresh under way, or with a change that the store has not accepted, is not evicted before that
// is done.
//
// An idle session has no goroutine and takes about two kilobytes with an access token of 800 bytes;
// a longer token takes its length more.
//
// Make one with [NewSessions]; the zero value is not usable. All methods are safe for concurrent use.
type Sessions struct {
	template *Interceptor // never signs; it has the settings of all
	account  func(context.Context) (string, bool)
	pool     pool
}

var (
	_ interceptor.Interceptor   = (*Sessions)(nil)
	_ interceptor.Finisher      = (*Sessions)(nil)
	_ interceptor.TransportUser = (*Sessions)(nil)
)

// NewSessions checks the configuration, and returns an interceptor or one error that names
// everything that is wrong. It does not touch the store.
func NewSessions(c SessionsConfig) (*Sessions, error) {
	var errs []error
	if c.Session.Account != "" {
		errs = append(errs, errors.New("auth: SessionsConfig.Session.Account must be empty: "+
			"each request has its own account"))
	}
	if c.Session.Store == nil {
		c.Session.Store = memory.New()
	}
	template, err := New(c.Session)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	s := &Sessions{template: template, account: c.Account}
	if s.account == nil {
		s.account = accountOf
	}
	s.pool.create = func(account string) *Interceptor {
		a := newInterceptor(template.settings, account)
		a.born = template.born // an evicted session is no younger than its program
		return a
	}
	s.pool.maxIdle, s.pool.idleTime = limit(c.MaxIdle, defaultMaxIdle), limit(c.IdleTime, defaultIdleTime)
	return s, nil
}

// For returns the session of account, to log in or out, to ask for a token, or to sign by other
// means. It stays in memory until release is called, which may be done more than once. Do not use
// the session after that, and do not close it. The error is [ErrNoAccount] for an empty account,
// [ErrClosed] after Close, or the end of ctx.
func (s *Sessions) For(ctx context.Context, account string) (a *Interceptor, release func(), err error) {
	if ctx.Err() != nil {
		return nil, nil, wait.Why(ctx)
	}
	p, err := s.acquire(account)
	if err != nil {
		return nil, nil, err
	}
	return p.session, sync.OnceFunc(func() { s.pool.release(p) }), nil
}

func (s *Sessions) acquire(account string) (*pooled, error) {
	switch {
	case account == "":
		return nil, ErrNoAccount
	case !utf8.ValidString(account):
		return nil, fmt.Errorf("auth: the account %+q is not UTF-8", account)
	}
	return s.pool.acquire(account)
}

// OnRequest signs the request with the token of its account; see [Interceptor.OnRequest].
func (s *Sessions) OnRequest(
	req *interceptor.Request, h interceptor.RequestHandler,
) interceptor.Verdict {
	p := s.of(req)
	if p == nil {
		ctx := req.Context()
		if exclusionOf(ctx).ofSettings(s.template.settings) {
			s.template.resolve(req.Request)
			return h.Next(req)
		}
		account, ok := s.account(ctx)
		if !ok {
			account = ""
		}
		var err error
		if p, err = s.acquire(account); err != nil {
			return h.Reject(err, interceptor.Through)
		}
		req.SetExtra(s, p) // released by OnDone
	}
	return p.session.OnRequest(req, h)
}

// of returns the session that the call of req uses, nil if there is none.
func (s *Sessions) of(req *interceptor.Request) *pooled {
	if req == nil {
		return nil
	}
	p, _ := req.Extra(s).(*pooled)
	return p
}

// OnResponse does for the session of the request what [Interceptor.OnResponse] does.
func (s *Sessions) OnResponse(
	resp *interceptor.Response, h interceptor.ResponseHandler,
) interceptor.Verdict {
	if p := s.of(resp.Request); p != nil {
		return p.session.OnResponse(resp, h)
	}
	return h.Next(resp)
}

// OnError does for the session of the request what [Interceptor.OnError] does.
func (s *Sessions) OnError(
	e *interceptor.Error, h interceptor.ErrorHandler,
) interceptor.Verdict {
	if p := s.of(e.Request); p != nil {
		return p.session.OnError(e, h)
	}
	return h.Next(e)
}

// OnDone releases the session that the call has used.
func (s *Sessions) OnDone(
	req *interceptor.Request, _ *interceptor.Response, _ *interceptor.Error,
) {
	if p := s.of(req); p != nil {
		req.SetExtra(s, nil)
		s.pool.release(p)
	}
}

// OnTransport tells all sessions which transport the chain sends with; see
// [interceptor.TransportUser].
func (s *Sessions) OnTransport(base http.RoundTripper) { s.template.OnTransport(base) }

// BaseURL returns the configured base URL, which a chain puts on the client it is installed on.
func (s *Sessions) BaseURL() string { return s.template.BaseURL() }

// CopyOnWrite is that of the sessions.
func (s *Sessions) CopyOnWrite() bool { return s.template.CopyOnWrite() }

// UsesRestyRequest is that of the sessions.
func (s *Sessions) UsesRestyRequest() bool { return s.template.UsesRestyRequest() }

// String names the interceptor in errors.
func (s *Sessions) String() string { return "auth.Sessions" }

// Format prints String, whatever the verb.
func (s *Sessions) Format(f fmt.State, _ rune) { printMasked(f, s.String()) }
