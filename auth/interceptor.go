package auth

import (
	"fmt"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/memory"
	"github.com/chatelaine-go/chatelaine/auth/internal/refusals"
	"github.com/chatelaine-go/chatelaine/auth/internal/workers"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// Interceptor signs requests, renews the token when necessary, and keeps the session. It implements
// [interceptor.Interceptor]. All methods are safe for concurrent use. Make one with [New], since the
// zero value is not usable, and share it between all clients of the session.
type Interceptor struct {
	*settings // what New has checked

	account string
	policy  policy        // the part of settings that sessions depend on
	born    time.Time     // when it was made; marks.fresh counts from then
	state   state         // what is known of the session
	persist persistence   // where it is stored
	journal journal       // what has happened to it
	minting minting       // attempts to make it out of nothing
	workers workers.Group // what is under way

	refusals refusals.Memory // paths that refuse fresh tokens
}

var _ interceptor.Interceptor = (*Interceptor)(nil)

func newInterceptor(s *settings, account string) *Interceptor {
	a := &Interceptor{settings: s, account: account, born: time.Now()}
	a.policy = policy{
		window: s.config.ExpiryWindow, divisor: 5, account: account, accountIsUser: s.config.AccountIsUser || s.minter() != nil,
	}
	if s.usesAccessToken() {
		a.policy.divisor = 2
	}
	a.state.journal = &a.journal
	a.persist.store, a.persist.account, a.persist.origins = s.config.Store, account, s.origins
	a.persist.writes = make(chan struct{}, 1)
	a.persist.journal = &a.journal
	if a.persist.store == nil {
		a.persist.store = memory.New()
	}
	return a
}

// BaseURL returns the configured base URL, which a chain puts on the client it is installed on.
func (a *Interceptor) BaseURL() string { return a.config.BaseURL }

// String names the interceptor in errors.
func (a *Interceptor) String() string { return "auth.Interceptor(" + a.account + ")" }

// Format prints String, whatever the verb.
func (a *Interceptor) Format(f fmt.State, _ rune) { printMasked(f, a.String()) }

// CopyOnWrite promises to write neither into URL nor into header values of a request, which saves
// copying them (package interceptor, Optional methods). A SetCredential may.
func (a *Interceptor) CopyOnWrite() bool { return a.config.SetCredential == nil }

// UsesRestyRequest reports whether chain.RestyRequest may be called; see package interceptor,
// Optional methods.
func (a *Interceptor) UsesRestyRequest() bool { return a.config.ShouldRefresh != nil }

// OnRequest resolves a relative URL and signs the request, if its origin may see the token and the
// caller has not put an Authorization header on it. A token that has expired is renewed first; one
// that is about to is renewed in the background.
func (a *Interceptor) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	a.resolve(req.Request)
	if !a.shouldSign(req.Request) {
		a.noteSigner(req, nil)
		return h.Next(req)
	}
	s, err := a.ensureFresh(req.Context())
	if err == nil && !s.signedIn() && a.config.RequireLogin {
		s, err = a.requireSession(req.Context())
	}
	if err == nil && req.Attempt() > 1 {
		if before := a.signer(req); before != nil && before.signedIn() && s.signedIn() {
			_, err = s.replacing(before) // after a Login in between, only if it is the same user
		}
	}
	if err != nil {
		return h.Reject(err, interceptor.Through)
	}
	a.noteSigner(req, s)
	if s.signedIn() && s.AccessToken != "" {
		if err := a.sign(req.Request, s); err != nil {
			return h.Reject(fmt.Errorf("auth: the request was not signed: %w", redactError(err, s.token())), interceptor.Through)
		}
	}
	return h.Next(req)
}

// OnResponse asks ShouldRefresh whether a response with a good status refuses the token. If not, it
// notes that the server accepts the token.
func (a *Interceptor) OnResponse(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
	if a.settled() {
		return h.Next(resp)
	}
	s := a.signer(resp.Request)
	if s == nil || !s.signedIn() {
		return h.Next(resp)
	}
	if a.learn(resp) {
		return h.Retry(0)
	}
	if a.config.ShouldRefresh == nil || !a.config.ShouldRefresh(resp) {
		a.state.markAccepted(s)
		a.refusals.Forget(resp.Request.Request)
		return h.Next(resp)
	}
	again, err := a.renew(resp.Request, s, resp.Release)
	switch {
	case err != nil:
		return h.Reject(err, interceptor.Through)
	case again:
		return h.Retry(0)
	default:
		return h.Next(resp)
	}
}

// settled reports whether a good response can teach nothing new, which is the usual case: the
// server is known to accept the current token, no path is known to refuse tokens, and neither
// ShouldRefresh nor a Prover wants to see the response.
func (a *Interceptor) settled() bool {
	s := a.state.current.Load()
	return s != nil && s.signedIn() && s.marks.accepted.Load() && a.refusals.Empty() &&
		a.config.ShouldRefresh == nil && a.config.Prover == nil
}

// OnError renews a token that was refused and has the request sent again. When that is not
// possible, the error says whether to log in ([ErrLoginRequired]) or to try later
// ([ErrRefreshFailed]), and carries the response.
func (a *Interceptor) OnError(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
	if e.Kind != interceptor.KindBadResponse || e.Response == nil {
		return h.Next(e)
	}
	if a.learn(e.Response) {
		return h.Retry(0)
	}
	s := a.signer(e.Request)
	if s == nil || !a.refusedToken(e.Response, s) {
		return h.Next(e)
	}
	again, err := a.renew(e.Request, s, e.Response.Release)
	switch {
	case err != nil:
		return h.Next(&interceptor.Error{
			Kind: interceptor.KindOf(err), Request: e.Request, Response: e.Response, Err: err,
		})
	case again:
		return h.Retry(0)
	default:
		return h.Next(e)
	}
}

// shouldSign reports whether the request goes to one of our origins and has not been redirected
// through a foreign one. As in net/http, once a foreign server has chosen the URL, the request is
// not signed again.
func (a *Interceptor) shouldSign(r *http.Request) bool {
	if !a.signable(r) {
		a.logUnsigned(r)
		return false
	}
	for via := r.Response; via != nil && via.Request != nil; via = via.Request.Response {
		if _, ok := a.origins.Match(via.Request.URL, via.Request.Host); !ok && !origin.Relative(via.Request.URL) {
			return false
		}
	}
	return true
}

// refusedToken reports whether the response refuses the token of s, which signed the request. While
// nobody is signed in, a 401 is enough, whatever ShouldRefresh looks for.
func (a *Interceptor) refusedToken(resp *interceptor.Response, s *session) bool {
	if a.config.ShouldRefresh == nil || !s.signedIn() && Unauthorized(resp) {
		return Unauthorized(resp)
	}
	return a.config.ShouldRefresh(resp)
}
