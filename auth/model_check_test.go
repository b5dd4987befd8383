package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// The promises. All of them but the last are checked while things happen; every check but those of
// calls has the mutex held.

// checkRefresh looks at a refresh that departs.
func (t *modelTrip) checkRefresh(pair *modelPair) {
	for other := range pair.family.flying {
		if !other.dead {
			t.breach("p%d refreshes %v while p%d does", t.number, pair, other.number)
		}
	}
	now := time.Now()
	refused, failed := pair.refused[t.modelProcess], pair.failed[t.modelProcess]
	due := !pair.due.IsZero() && !now.Before(pair.due)
	asked := t.asking
	if refused == 0 && !due && !asked {
		t.breach("p%d refreshes %v, which is still good", t.number, pair)
	}
	if failed.moment > 0 {
		if now.Before(failed.at.Add(failed.wait)) {
			t.breach("p%d does not wait as long as the server asked", t.number)
		}
		if refused < failed.moment && !due && !asked && now.Sub(failed.at) < 30*time.Second {
			t.breach("p%d refreshes %v again for requests that should share the failure", t.number, pair)
		}
	}
	recent := 0
	for _, at := range t.failures {
		if now.Sub(at) < 30*time.Second {
			recent++
		}
	}
	if recent >= 5 {
		t.breach("p%d has seen %d refreshes fail within 30 s and goes on", t.number, recent)
	}
}

// checkRequest looks at a request to the API that departs.
func (t *modelTrip) checkRequest(c *modelCall, pair *modelPair) {
	header := t.request.Header.Get("Authorization")
	switch {
	case c.kind == "unsigned" && header != "":
		t.breach("p%d signs a request that is not to be signed", t.number)
	case c.kind == "own header" && header != ownHeader:
		t.breach("p%d replaces the caller's Authorization header", t.number)
	case strings.HasPrefix(header, "Bearer ") && pair == nil:
		t.breach("p%d signs with a token that nobody issued", t.number)
	}
	if header == "" && t.required && c.kind != "unsigned" {
		t.breach("p%d sends a request unsigned, though a login is required", t.number)
	}
	if pair == nil {
		return
	}
	f := pair.family
	if out := t.out[f]; out > 0 && c.moment > out {
		t.breach("p%d signs with the token of %v after Logout returned", t.number, f)
	}
	if !pair.stored && pair.unsaved == 0 {
		t.breach("p%d uses %v before it is stored", t.number, pair)
	}
	if !t.opaque && c.kind != "redirect" && c.user != "" && c.user != f.user {
		t.breach("p%d sends a request of %s again as %s", t.number, c.user, f.user)
	}
	c.user = f.user
	t.used[f] = t.tick()
	if c.moment > t.changed {
		if !t.opaque && t.user != "" && t.user != f.user {
			t.breach("p%d worked for %s and goes on as %s", t.number, t.user, f.user)
		}
		if !t.signedIn { // found in the store; calls that began before may not have found it
			t.changed = t.tick()
		}
		t.signedIn, t.current, t.user = true, f, f.user
	}
}

// checkRevoke looks at a revocation that departs.
func (t *modelTrip) checkRevoke(pair *modelPair) {
	if !t.mayEnd(pair.family) && t.ledger.record != nil && t.ledger.record.family == pair.family {
		t.breach("p%d revokes %v, which is in use", t.number, pair.family)
	}
}

// mayEnd reports whether the process has a reason to end a session.
func (p *modelProcess) mayEnd(f *modelFamily) bool {
	for named := f; named != nil; named = named.before { // a Logout is about a name
		since := named.since
		if !named.begun.IsZero() { // a Logout in between is about what it makes
			since = named.begun
		}
		if p.doomed[named] || !p.left.IsZero() && !p.left.Before(since) {
			return true
		}
	}
	return f.dead || p.leaving > 0
}

// checkSave looks at a value that gets into the store, which the process decided on at a time.
func (p *modelProcess) checkSave(value []byte, decided time.Time) {
	old := p.ledger.record
	if value == nil || endedIn(value) != "" {
		if old != nil {
			p.note("p%d deletes %v", p.number, old.family)
			p.count("deletions")
			if !p.mayEnd(old.family) {
				p.breach("p%d deletes %v, which the server still honors", p.number, old.family)
			}
			old.family.deleted = true
		}
		p.ledger.record = nil
		return
	}
	pair := p.pairIn(value)
	if pair == nil {
		p.breach("p%d stores something else than a session", p.number)
		return
	}
	f := pair.family
	p.note("p%d stores %v", p.number, pair)
	switch {
	case f.deleted:
		p.breach("p%d stores %v, which had ended", p.number, f)
	case old != nil && old.family == f && pair.number < old.number:
		p.breach("p%d stores %v over %v", p.number, pair, old)
	case (old == nil || old.family != f) && p.entering == 0 && !p.minted[f]:
		p.breach("p%d stores %v over another session", p.number, pair)
	}
	if old != nil && old.family != f {
		old.family.deleted = true
	}
	pair.stored = true
	if f.stored == 0 {
		f.stored, f.since = p.tick(), decided
	}
	p.ledger.record = pair
}

// checkStore looks at the store at rest: it holds the newest pair there is, or its owner has
// reported that it does not.
func (w *world) checkStore() {
	stored := w.ledger.record
	if stored == nil || w.busy > 0 {
		return
	}
	newest := stored.family.newest()
	switch {
	case newest == stored || newest.lost || newest.holder.out[stored.family] > 0 || newest.holder.leaving > 0:
	case newest.unsaved > 0 && newest.holder.reported > newest.unsaved:
		w.count("unsaved pairs")
	default:
		w.breach("the store holds %v, but p%d has %v and has reported nothing", stored, newest.holder.number, newest)
	}
}

// checkExcuses looks at calls that were told to log in, or to try later: by now the session must
// have told why.
func (p *modelProcess) checkExcuses() {
	for _, c := range p.evicted {
		if p.changed < c.moment && !p.dead {
			p.breach("p%d: call %d (%s) needed a login in the middle of a session", p.number, c.number, c.kind)
		}
	}
	for _, c := range p.misled {
		if !p.troubled && !p.dead {
			p.breach("p%d: call %d (%s) spoke of a refresh that did not fail", p.number, c.number, c.kind)
		}
	}
	p.evicted, p.misled = nil, nil
}

// event looks at what a session tells about itself.
func (p *modelProcess) event(e auth.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	p.note("p%d: %v", p.number, e)
	p.count(e.Kind.String())
	if p.ledger.mentioned(e.String()) {
		p.breach("an event shows a token")
	}
	switch e.Kind {
	case auth.SignedIn:
		p.changed, p.signedIn, p.replaced, p.user = p.tick(), true, false, ""
	case auth.RefreshFailed:
		p.troubled = true
	case auth.PersistFailed:
		p.reported = p.tick()
	case auth.SignedOut:
		p.checkEnd(e.Reason)
		p.changed, p.signedIn, p.verdict, p.current = p.tick(), false, false, nil
		p.replaced = e.Reason == auth.ReasonReplaced || p.replaced && p.leaving > 0 // that event is an old one
	case auth.TokenRefreshed, auth.StoreLost:
	}
}

// checkEnd looks at the reason for which a session ended.
func (p *modelProcess) checkEnd(reason auth.Reason) {
	f := p.current
	if f == nil || p.leaving > 0 {
		return
	}
	switch reason {
	case auth.ReasonInvalidGrant:
		if !p.verdict && !p.sawDead {
			p.breach("p%d ends its session although the server has not", p.number)
		}
	case auth.ReasonReplaced:
		var last *modelFamily
		for other, at := range p.seen {
			if last == nil || at > p.seen[last] {
				last = other
			}
		}
		if last == nil || last == f || !p.opaque && last.user == f.user {
			p.breach("p%d says that %v was replaced by %v", p.number, f, last)
		}
	case auth.ReasonEndedElsewhere:
		if p.sawNone < f.stored {
			p.breach("p%d says that %v is gone, but has not looked", p.number, f)
		}
	case auth.ReasonNone, auth.ReasonLogout, auth.ReasonNeverSignedIn, auth.ReasonNoRefreshToken:
		p.breach("p%d ends %v for the reason %q", p.number, f, reason)
	}
}

// checkCall looks at the error of a call.
func (p *modelProcess) checkCall(c *modelCall, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead || err == nil {
		return
	}
	p.note("p%d: call %d (%s): %v", p.number, c.number, c.kind, err)
	p.count("calls that failed")
	if p.ledger.mentioned(err.Error()) {
		p.breach("an error shows a token: %s", c.kind)
	}
	switch {
	case errors.Is(err, auth.ErrLoginRequired):
		p.count("login required")
		if p.signedIn && p.changed < c.moment && p.leaving == 0 && p.entering == 0 {
			p.evicted = append(p.evicted, c) // the event may be on its way
		}
	case errors.Is(err, auth.ErrRefreshFailed):
		if !p.troubled && !p.closing && !p.minter { // a session that cannot be made is not an event
			p.misled = append(p.misled, c)
		}
	case errors.Is(err, errReset),
		errors.Is(err, context.DeadlineExceeded) && c.limited,
		errors.Is(err, errDisk) && p.storeFault,
		errors.Is(err, auth.ErrClosed) && p.closing:
	default:
		p.breach("p%d: call %d (%s) failed without a reason: %v", p.number, c.number, c.kind, err)
	}
}

// checkResponse looks at the answer to a request.
func (p *modelProcess) checkResponse(ctx context.Context, c *modelCall, status int, body []byte, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	p.note("p%d: call %d (%s): %d after %d attempts", p.number, c.number, c.kind, status, c.attempts)
	var echo authtest.Echo
	switch {
	case err != nil:
		p.breach("p%d: call %d (%s): the body cannot be read: %v", p.number, c.number, c.kind, err)
	case status == http.StatusUnauthorized && (c.kind == "get" || c.kind == "post") && c.signed && c.attempts == 1 && ctx.Err() == nil &&
		(p.stubborn.IsZero() || time.Since(p.stubborn) > maxRemembered):
		p.breach("p%d: call %d (%s): a 401 came back without another attempt", p.number, c.number, c.kind)
	case status == http.StatusOK && (c.kind == "post" || c.kind == "one shot"):
		if json.Unmarshal(body, &echo) != nil || echo.Body != upload {
			p.breach("p%d: call %d (%s): the server got another body", p.number, c.number, c.kind)
		}
	}
}

// checkToken looks at a token that a call returned.
func (p *modelProcess) checkToken(c *modelCall, t auth.Token, err error) {
	if err != nil {
		p.checkCall(c, err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	pair := p.ledger.byAccess[t.AccessToken]
	switch {
	case pair == nil || pair.refresh != t.RefreshToken:
		p.breach("p%d: %s returned a pair that nobody issued", p.number, c.kind)
	case !pair.stored && pair.unsaved == 0:
		p.breach("p%d: %s returned %v, which is not stored", p.number, c.kind, pair)
	case p.out[pair.family] > 0 && c.moment > p.out[pair.family]:
		p.breach("p%d: %s returned %v after Logout returned", p.number, c.kind, pair)
	}
}

// checkTime looks at how long a call took.
func (p *modelProcess) checkTime(c *modelCall, limit, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case limit == 0:
		limit = longest
	case c.kind == "login" || c.kind == "logout": // the store takes its time to save
		limit += 5 * time.Second
	}
	if took > limit {
		p.breach("p%d: call %d (%s) took %v, which is longer than %v", p.number, c.number, c.kind, took, limit)
	}
}

// checkClose looks at what Close leaves behind.
func (p *modelProcess) checkClose(err error, limit, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	p.note("p%d has closed: %v", p.number, err)
	if took > limit+5*time.Second {
		p.breach("p%d: Close took %v", p.number, took)
	}
	if stored := p.ledger.record; err == nil && stored != nil {
		newest := stored.family.newest()
		if newest != stored && newest.holder == p && p.out[stored.family] == 0 && p.leaving == 0 {
			p.breach("p%d has closed without saving %v", p.number, newest)
		}
	}
}

// finish takes all faults away and looks whether everything that can work does.
func (w *world) finish() {
	w.mu.Lock()
	w.note("everything works again")
	w.refreshFaults, w.apiFaults = nil, nil
	for _, p := range w.processes {
		p.store.faults, p.crashAt = nil, ""
	}
	w.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.calls.Wait()
	}()
	select {
	case <-done:
	case <-time.After(24 * time.Hour):
		w.mu.Lock()
		w.breach("a call does not end")
		w.mu.Unlock()
	}
	if !w.isBroken() {
		<-time.After(2 * time.Hour) // every wait is over
		w.settle(true)
		w.checkWork()
	}
	for _, p := range w.processes {
		p.die("end")
	}
	<-done
	w.server.Close()
}

// checkWork lets every process work once more.
func (w *world) checkWork() {
	adrift := false
	for i := range w.processes {
		p := w.up(i)
		status, err := p.session.Status(context.Background())
		answer, failure := p.ask()
		w.mu.Lock()
		stored := w.ledger.record
		adrift = adrift || !p.replaced
		switch {
		case err != nil || status.Unsaved:
			w.breach("p%d has not recovered: %v, unsaved %t", i, err, status.Unsaved)
		case answer == http.StatusOK:
			w.count("sessions that survived")
		case failure != nil && !errors.Is(failure, auth.ErrLoginRequired) || failure == nil && answer != http.StatusUnauthorized:
			w.breach("p%d does not work again: %d %v", i, answer, failure)
		case stored != nil && !stored.family.dead && !p.replaced &&
			(p.opaque || status.Reason != auth.ReasonReplaced || p.user == stored.family.user):
			w.breach("p%d is signed out (%d %v), although the server honors %v", i, answer, failure, stored.family)
		}
		w.mu.Unlock()
	}
	w.mu.Lock()
	if stored := w.ledger.record; stored != nil && stored.family.dead && adrift {
		w.breach("%v is still stored", stored.family)
	}
	w.mu.Unlock()
	w.processes[0].login(context.Background(), &modelCall{kind: "login"}, "alice")
	for i := range w.processes {
		if i > 0 {
			w.processes[i].die("restart")
		}
		p := w.up(i)
		answer, failure := p.ask()
		err := p.session.Close(context.Background())
		w.mu.Lock()
		if answer != http.StatusOK || failure != nil || err != nil {
			w.breach("p%d does not work after a login: %d %v, Close: %v", i, answer, failure, err)
		}
		w.mu.Unlock()
	}
}

// ask sends a request and returns its outcome.
func (p *modelProcess) ask() (status int, err error) {
	p.mu.Lock()
	p.called++
	c := &modelCall{number: p.called, kind: "get", moment: p.tick()}
	p.mu.Unlock()
	ctx := context.WithValue(context.Background(), callKey{}, c)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/me", http.NoBody)
	if err != nil {
		return 0, err
	}
	resp, err := p.client.Do(r)
	if err != nil {
		p.checkCall(c, err)
		return 0, err
	}
	_ = resp.Body.Close()
	return resp.StatusCode, nil
}
