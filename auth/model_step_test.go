package auth_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
)

// modelCall is a call that a program makes.
type modelCall struct {
	number   int
	kind     string
	moment   int // when it began
	limited  bool
	attempts int
	signed   bool   // the last attempt was
	user     string // whose token it carried
}

// callKey is the key of a call in its context.
type callKey struct{}

const (
	foreignHost = "http://127.0.0.1:9"
	ownHeader   = "Basic bW9kZWw6bW9kZWw="
	upload      = "an upload that must arrive whole"
	longest     = 15 * time.Minute // that a call without a limit of its own may take
)

// step does one step of the program.
func (w *world) step(s modelStep) {
	switch s.do {
	case "wait":
		<-time.After(s.d)
		return
	case "expire":
		w.server.ExpireAccess()
		return
	case "hold lock":
		w.calls.Go(func() {
			_ = w.disk.Update(context.Background(), "default", func(ctx context.Context, old []byte) ([]byte, error) {
				modelPause(ctx, s.d)
				return old, nil
			})
		})
		return
	case "token endpoint":
		w.mu.Lock()
		defer w.mu.Unlock()
		w.refreshFaults = appendFaults(w.refreshFaults, s)
		return
	case "api":
		w.mu.Lock()
		defer w.mu.Unlock()
		w.apiFaults = appendFaults(w.apiFaults, s)
		return
	case "revoke all":
		w.mu.Lock()
		defer w.mu.Unlock()
		w.server.RevokeAll()
		w.ledger.revoke()
		return
	}
	if p := w.up(s.process); p != nil {
		p.step(s)
	}
}

func appendFaults(faults []string, s modelStep) []string {
	if s.flag {
		faults = nil
	}
	for range s.n {
		faults = append(faults, s.what)
	}
	return faults
}

func (p *modelProcess) step(s modelStep) {
	switch s.do {
	case "request":
		for range s.n {
			p.call(s.what, s.d, p.request)
		}
	case "token":
		p.call(s.do, s.d, p.token)
	case "refresh":
		p.call(s.do, s.d, p.refresh)
	case "status":
		p.call(s.do, s.d, func(ctx context.Context, c *modelCall) {
			_, err := p.session.Status(ctx)
			p.checkCall(c, err)
		})
	case "reload":
		p.call(s.do, s.d, func(ctx context.Context, c *modelCall) { p.checkCall(c, p.session.Reload(ctx)) })
	case "renew":
		p.call(s.do, s.d, p.renew)
	case "login":
		p.call(s.do, s.d, func(ctx context.Context, c *modelCall) { p.login(ctx, c, s.what) })
	case "logout":
		p.call(s.do, s.d, p.logout)
	case "close":
		p.close(s.d)
	case "crash":
		p.die("crash")
	case "crash at":
		p.mu.Lock()
		defer p.mu.Unlock()
		p.crashAt = s.what
	case "store":
		p.mu.Lock()
		defer p.mu.Unlock()
		p.store.faults = appendFaults(p.store.faults, s)
	}
}

// call makes a call in the background that may take as long as limit, if that is not 0.
func (p *modelProcess) call(kind string, limit time.Duration, do func(context.Context, *modelCall)) {
	p.mu.Lock()
	p.called++
	c := &modelCall{number: p.called, kind: kind, moment: p.tick(), limited: limit > 0}
	p.mu.Unlock()
	p.calls.Go(func() {
		ctx, release := p.bind(context.WithValue(context.Background(), callKey{}, c))
		defer release()
		if c.limited {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, limit)
			defer cancel()
		}
		begin := time.Now()
		do(ctx, c)
		p.checkTime(c, limit, time.Since(begin))
	})
}

// request sends a request of the kind of the call.
func (p *modelProcess) request(ctx context.Context, c *modelCall) {
	method, target, body := http.MethodGet, "/me", io.Reader(http.NoBody)
	switch c.kind {
	case "post":
		method, target, body = http.MethodPost, "/echo", bytes.NewReader([]byte(upload))
	case "one shot":
		method, target, body = http.MethodPost, "/echo", io.MultiReader(bytes.NewReader([]byte(upload)))
	case "redirect":
		target = "/redirect?status=302&to=" + p.server.URL + "/me"
	case "stray":
		target = "/redirect?status=307&to=" + foreignHost + "/me"
	case "foreign":
		target = foreignHost + "/me"
	case "unsigned":
		ctx = auth.WithoutAuth(ctx)
	}
	r, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		p.t.Error(err)
		return
	}
	if c.kind == "own header" {
		r.Header.Set("Authorization", ownHeader)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		p.checkCall(c, err)
		return
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	p.checkResponse(ctx, c, resp.StatusCode, data, err)
}

// token asks for a token.
func (p *modelProcess) token(ctx context.Context, c *modelCall) {
	t, err := p.session.Token(ctx)
	p.checkToken(c, t, err)
}

// refresh asks for a new token.
func (p *modelProcess) refresh(ctx context.Context, c *modelCall) {
	p.mu.Lock()
	p.forcing++
	p.asking = true
	p.mu.Unlock()
	t, err := p.session.Refresh(ctx)
	p.mu.Lock()
	p.forcing--
	p.mu.Unlock()
	p.checkToken(c, t, err)
}

// renew asks for another token in place of the one that it gets first.
func (p *modelProcess) renew(ctx context.Context, c *modelCall) {
	old, err := p.session.Token(ctx)
	p.checkToken(c, old, err)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.forcing++
	p.asking = true
	p.mu.Unlock()
	t, err := p.session.Renew(ctx, old)
	p.mu.Lock()
	p.forcing--
	p.mu.Unlock()
	p.checkToken(c, t, err)
}

// login signs a user in.
func (p *modelProcess) login(ctx context.Context, c *modelCall, user string) {
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return
	}
	issued := p.server.Issue(user)
	f := p.ledger.open(user)
	pair := p.ledger.add(f, issued.AccessToken, issued.RefreshToken)
	pair.holder, pair.delivered, pair.due = p, true, p.dueFrom(time.Now())
	t := auth.Token{AccessToken: issued.AccessToken, RefreshToken: issued.RefreshToken}
	if !p.noExpiry {
		t.Expiry = issued.Expiry
	}
	p.note("p%d logs in: %v", p.number, f)
	p.entering++
	p.changed = p.tick()
	p.mu.Unlock()

	err := p.session.Login(ctx, t)

	p.mu.Lock()
	defer p.mu.Unlock()
	p.entering--
	p.changed, p.failures = p.tick(), nil
	if p.dead {
		return
	}
	p.note("p%d has logged in: %v, %v", p.number, f, err)
	p.count("logins")
	switch {
	case err == nil && !pair.stored:
		p.breach("p%d: Login returned, but %v is not stored", p.number, f)
	case err == nil:
		p.current, p.used[f] = f, p.tick()
	case !errors.Is(err, auth.ErrPersist) || !c.limited && !p.storeFault:
		p.breach("p%d: Login failed without a reason: %v", p.number, err)
	}
}

// logout signs out.
func (p *modelProcess) logout(ctx context.Context, c *modelCall) {
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return
	}
	var known []*modelFamily
	for f := range p.used {
		known = append(known, f)
	}
	p.note("p%d logs out", p.number)
	p.leaving++
	p.left, p.changed, p.signedIn, p.replaced, p.user = time.Now(), p.tick(), false, false, ""
	p.mu.Unlock()

	err := p.session.Logout(ctx)

	p.mu.Lock()
	defer p.mu.Unlock()
	p.leaving--
	p.changed, p.failures = p.tick(), nil
	if p.dead {
		return
	}
	p.note("p%d has logged out: %v", p.number, err)
	p.count("logouts")
	for _, f := range known {
		p.out[f] = p.changed
		if err == nil && p.ledger.record != nil && p.ledger.record.family == f {
			p.breach("p%d: Logout returned, but %v is still stored", p.number, f)
		}
	}
	if err != nil && (!errors.Is(err, auth.ErrPersist) || !c.limited && !p.storeFault) {
		p.breach("p%d: Logout failed without a reason: %v", p.number, err)
	}
}

// close ends the process in an orderly way.
func (p *modelProcess) close(limit time.Duration) {
	p.mu.Lock()
	p.closing = true
	p.mu.Unlock()
	p.calls.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		begin := time.Now()
		err := p.session.Close(ctx)
		p.checkClose(err, limit, time.Since(begin))
		p.die("close")
	})
}
