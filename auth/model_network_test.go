package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var (
	errReset  = errors.New("connection reset by the model")
	errKilled = errors.New("the process was killed")
	errDisk   = errors.New("the disk is full")
)

// modelNetwork is the network as one life of a process sees it.
type modelNetwork struct{ process *modelProcess }

// RoundTrip carries a request to whom it is for.
func (n *modelNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	ctx, release := n.process.bind(r.Context())
	defer release()
	trip := &modelTrip{modelProcess: n.process, request: r, body: body}
	var resp *http.Response
	var err error
	switch {
	case "http://"+r.URL.Host != n.process.server.URL:
		resp, err = trip.stray(ctx)
	case r.URL.Path == "/auth/refresh" || r.URL.Path == "/oauth/token":
		resp, err = trip.refresh(ctx)
	case r.URL.Path == "/oauth/revoke":
		resp, err = trip.revoke(ctx)
	default:
		resp, err = trip.api(ctx)
	}
	if err != nil && r.Context().Err() != nil {
		err = r.Context().Err()
	}
	return resp, err
}

// modelTrip is one request on its way.
type modelTrip struct {
	*modelProcess

	request  *http.Request
	body     []byte
	departed int
	asked    time.Time
}

// serve lets the server answer. The mutex is held: what the server does and what the ledger says
// about it is one.
func (t *modelTrip) serve() *http.Response {
	r := t.request.Clone(context.Background())
	r.Body = io.NopCloser(bytes.NewReader(t.body))
	rec := httptest.NewRecorder()
	t.handler.ServeHTTP(rec, r)
	resp := rec.Result()
	resp.Request = t.request
	resp.Header.Set("Date", time.Now().Add(t.offset).UTC().Format(http.TimeFormat))
	return resp
}

// answer is one that does not come from the server.
func (t *modelTrip) answer(status int, contentType, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {contentType}, "Date": {time.Now().Add(t.offset).UTC().Format(http.TimeFormat)}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: h, Request: t.request,
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

// stray serves what is not the server, and must never see a token.
func (t *modelTrip) stray(ctx context.Context) (*http.Response, error) {
	t.mu.Lock()
	if t.carries() {
		t.breach("a token reached %s", t.request.URL.Host)
	}
	t.count("foreign requests")
	d := t.delay(uint64(t.tick()))
	t.mu.Unlock()
	if !modelPause(ctx, d) {
		return nil, errReset
	}
	return t.answer(http.StatusUnauthorized, "application/json", "{}", "WWW-Authenticate", `Bearer error="invalid_token"`), nil
}

// carries reports whether there is a token anywhere in the request.
func (t *modelTrip) carries() bool {
	texts := []string{t.request.URL.String(), string(t.body)}
	for _, values := range t.request.Header {
		texts = append(texts, values...)
	}
	return t.ledger.mentioned(strings.Join(texts, " "))
}

// mentioned reports whether there is a token in the text.
func (l *ledger) mentioned(text string) bool {
	for _, f := range l.families {
		for _, p := range f.pairs {
			if strings.Contains(text, p.access) || strings.Contains(text, p.refresh) {
				return true
			}
		}
	}
	return false
}

// refresh carries a refresh to the token endpoint.
func (t *modelTrip) refresh(ctx context.Context) (*http.Response, error) {
	token := formOf(t.body, "refreshToken", "refresh_token")
	t.mu.Lock()
	if t.dead {
		t.mu.Unlock()
		return nil, errKilled
	}
	pair := t.ledger.byRefresh[token]
	t.departed, t.asked = t.tick(), time.Now()
	if pair == nil {
		t.breach("p%d presents a refresh token that nobody issued", t.number)
		t.mu.Unlock()
		return nil, errReset
	}
	t.checkRefresh(pair)
	t.current, t.used[pair.family] = pair.family, t.departed
	fault := takeFault(&t.refreshFaults)
	t.note("p%d refreshes %v (%s)", t.number, pair, fault)
	t.count("refreshes")
	t.trips++
	way := t.delay(uint64(t.number), t.trips)
	lucky := t.chance(uint64(t.number), t.trips, 3).IntN(2) == 0
	pair.family.flying[t] = true
	t.busy++
	t.mu.Unlock()

	resp, err := t.carry(ctx, pair, fault, way, lucky)

	t.mu.Lock()
	defer t.mu.Unlock()
	delete(pair.family.flying, t)
	t.busy--
	return t.land(pair, resp, err)
}

// land notes what the process learns of the outcome. The mutex is held.
func (t *modelTrip) land(pair *modelPair, resp *http.Response, err error) (*http.Response, error) {
	if t.dead {
		return nil, errKilled
	}
	t.asking = t.forcing > 0
	if err == nil && resp.StatusCode < 300 && resp.Header.Get("X-Useless") == "" {
		next := pair.next
		next.delivered, next.lost = true, false
		if !next.stored {
			next.holder = t.modelProcess
		}
		if next.due.IsZero() {
			next.due = t.dueFrom(t.asked)
		}
		t.failures = nil
		t.note("p%d gets %v", t.number, next)
		return resp, nil
	}
	wait := time.Duration(0)
	if err == nil {
		if resp.Header.Get("X-Final") != "" {
			t.verdict = true
		}
		seconds, _ := strconv.Atoi(resp.Header.Get("X-Wait"))
		wait = time.Duration(seconds) * time.Second
		t.note("p%d is answered %d", t.number, resp.StatusCode)
	} else {
		t.note("p%d gets no answer: %v", t.number, err)
	}
	pair.failed[t.modelProcess] = modelFailure{moment: t.tick(), at: time.Now(), wait: wait}
	t.failures = append(t.failures, time.Now())
	return resp, err
}

// dueFrom is when a token that was asked for at a time may be refreshed ahead of time; zero if the
// client cannot know. A second is lost to rounding on either side.
func (w *world) dueFrom(asked time.Time) time.Time {
	if w.noExpiry && w.opaque {
		return time.Time{}
	}
	return asked.Add(w.ttl - min(30*time.Second, w.ttl/5) - 2*time.Second)
}

// carry takes a refresh there and back. What way is, is the time for one half; lucky decides
// whether a request whose caller has given up still arrives.
func (t *modelTrip) carry(ctx context.Context, pair *modelPair, fault string, way time.Duration, lucky bool) (*http.Response, error) {
	switch fault {
	case "black hole":
		<-ctx.Done()
		return nil, errReset
	case "slow":
		way = 3 * time.Second
	case "very slow":
		way = 25 * time.Second
	}
	left := time.Now().Add(way)
	crashed := t.dies("request sent")
	if !modelPause(ctx, way) {
		if lucky && (crashed || fault == "" || strings.HasSuffix(fault, "slow")) {
			go func() {
				<-time.After(time.Until(left))
				t.mu.Lock()
				defer t.mu.Unlock()
				t.note("the refresh of p%d arrives when nobody waits for it", t.number)
				_ = t.serveRefresh(pair, true).Body.Close()
			}()
		}
		return nil, errReset
	}
	if resp := t.fake(fault); resp != nil || fault == "reset" {
		if !modelPause(ctx, way) || fault == "reset" {
			return nil, errReset
		}
		return resp, nil
	}
	t.mu.Lock()
	resp := t.serveRefresh(pair, false)
	t.mu.Unlock()
	t.dies("request served")
	switch {
	case !modelPause(ctx, way):
		return nil, errReset
	case fault == "answer lost":
		return nil, io.ErrUnexpectedEOF
	case fault == "answer cut" && resp.StatusCode < 300:
		resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, 20), cutShort{}))
		resp.Header.Set("X-Useless", "1")
	}
	return resp, nil
}

// cutShort is the end of a body that is not its end.
type cutShort struct{}

// Read fails.
func (cutShort) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// fake is the answer of something on the way to the server; nil if there is none.
func (t *modelTrip) fake(fault string) *http.Response {
	const page = "<html><body>Please sign in to the hotel's network.</body></html>"
	switch fault {
	case "503":
		return t.answer(http.StatusServiceUnavailable, "application/json", `{"error":"temporarily_unavailable"}`)
	case "429":
		return t.answer(http.StatusTooManyRequests, "text/plain", "slow down", "Retry-After", "20", "X-Wait", "20")
	case "429 date":
		at := time.Now().Add(t.offset).Truncate(time.Second).Add(40 * time.Second).UTC()
		return t.answer(http.StatusTooManyRequests, "text/plain", "", "Retry-After", at.Format(http.TimeFormat), "X-Wait", "40")
	case "500 html":
		return t.answer(http.StatusInternalServerError, "text/html", page)
	case "403 html":
		return t.answer(http.StatusForbidden, "text/html", page)
	case "200 html":
		return t.answer(http.StatusOK, "text/html", page, "X-Useless", "1")
	case "empty 502":
		return t.answer(http.StatusBadGateway, "text/plain", "")
	case "invalid_client":
		return t.answer(http.StatusBadRequest, "application/json", `{"error":"invalid_client"}`)
	default:
		return nil
	}
}

// serveRefresh lets the server decide about a refresh. The mutex is held.
func (t *modelTrip) serveRefresh(pair *modelPair, late bool) *http.Response {
	if pair.next != nil {
		t.count("second uses")
		if !late && pair.next.known() {
			t.breach("p%d presents the refresh token of %v a second time", t.number, pair)
		}
	}
	resp := t.serve()
	data, _ := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(data))
	if resp.StatusCode >= 300 {
		pair.family.dead = true
		resp.Header.Set("X-Final", "1")
		t.note("the server refuses %v for good", pair)
		t.count("sessions ended by the server")
		return resp
	}
	next := t.ledger.add(pair.family, formOf(data, "accessToken", "access_token"), formOf(data, "refreshToken", "refresh_token"))
	pair.next = next
	t.note("the server exchanges %v for %v", pair, next)
	t.count("rotations")
	return resp
}

// formOf reads one of the fields out of JSON or a form.
func formOf(data []byte, names ...string) string {
	var object map[string]any
	if json.Unmarshal(data, &object) == nil {
		for _, name := range names {
			if s, ok := object[name].(string); ok {
				return s
			}
		}
		return ""
	}
	form, _ := url.ParseQuery(string(data))
	for _, name := range names {
		if form.Has(name) {
			return form.Get(name)
		}
	}
	return ""
}

// revoke carries a revocation to the server.
func (t *modelTrip) revoke(ctx context.Context) (*http.Response, error) {
	t.mu.Lock()
	pair := t.ledger.byRefresh[formOf(t.body, "token")]
	if t.dead || pair == nil {
		t.mu.Unlock()
		return nil, errReset
	}
	t.checkRevoke(pair)
	t.note("p%d revokes %v", t.number, pair)
	t.count("revocations")
	d := t.delay(uint64(t.tick()))
	t.mu.Unlock()
	if !modelPause(ctx, d) {
		return nil, errReset
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	pair.family.dead = true
	return t.serve(), nil
}

// api carries a request of the program.
func (t *modelTrip) api(ctx context.Context) (*http.Response, error) {
	call, _ := t.request.Context().Value(callKey{}).(*modelCall)
	token, signed := strings.CutPrefix(t.request.Header.Get("Authorization"), "Bearer ")
	t.mu.Lock()
	if t.dead || call == nil {
		t.mu.Unlock()
		return nil, errKilled
	}
	t.departed = t.tick()
	var pair *modelPair
	if signed {
		pair = t.ledger.byAccess[token]
	}
	t.checkRequest(call, pair)
	call.attempts++
	call.signed = signed
	fault := takeFault(&t.apiFaults)
	way := t.delay(uint64(call.number), uint64(call.attempts), 5)
	t.count("requests")
	t.mu.Unlock()

	if fault == "slow" {
		way = 8 * time.Second
	}
	if !modelPause(ctx, way) || fault == "reset" {
		return nil, errReset
	}
	t.mu.Lock()
	var resp *http.Response
	switch status, _ := strconv.Atoi(fault); status {
	case 0:
		resp = t.serve()
	default:
		resp = t.answer(status, "application/json", `{"message":"out of order"}`)
	}
	t.mu.Unlock()
	if !modelPause(ctx, way) {
		return nil, errReset
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead {
		return nil, errKilled
	}
	if pair != nil && resp.StatusCode == http.StatusUnauthorized {
		pair.refused[t.modelProcess] = max(pair.refused[t.modelProcess], t.departed)
		t.count("401")
		if call.attempts > 1 {
			t.stubborn = time.Now() // the path is remembered
		}
	}
	if resp.StatusCode < 400 {
		t.failures = nil
	}
	return resp, nil
}

// takeFault takes the first of the faults. The mutex is held.
func takeFault(faults *[]string) string {
	if len(*faults) == 0 {
		return ""
	}
	fault := (*faults)[0]
	*faults = (*faults)[1:]
	return fault
}
