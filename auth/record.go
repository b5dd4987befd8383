package auth

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// recordVersion is the newest form of a stored session that this version writes and reads.
const recordVersion = 1

// record is a session as the store keeps it.
type record struct {
	Session    string    // one for each login
	Generation uint64    // one more for each refresh of the session
	Obtained   time.Time // when the token came, by the local clock
	Token

	RetryAt    time.Time     // when the token endpoint may be asked again, by the clock that wrote it
	RetryAfter time.Duration // how long that was from then; no reader waits longer, whatever its clock
	Suspect    bool          // the refresh token was refused after a process had vanished in a refresh
	Ended      string        // why the session ended, of a record without tokens; "" if it has not
	Origin     string        // the server that the session was made for; "" in records of early versions

	account string                     // whose session it is; a record under another key is refused
	unknown map[string]json.RawMessage // members that a later version added
}

// newRecord begins a session.
func newRecord(account string, t Token, now time.Time) *record {
	t.Expiry = normalizeTime(t.Expiry)
	return &record{account: account, Session: rand.Text(), Generation: 1, Obtained: normalizeTime(now), Token: t}
}

// rotate returns the record that follows r: the same session with the token that a refresh brought.
func (r *record) rotate(t Token, now time.Time) *record {
	n := *r
	if t.RefreshToken == "" { // RFC 6749, section 6: the server need not issue a new one
		t.RefreshToken = r.RefreshToken
	}
	t.TokenType = cmp.Or(t.TokenType, r.TokenType)
	t.Scope = cmp.Or(t.Scope, r.Scope) // section 5.1: left out if it has not changed
	t.IDToken = cmp.Or(t.IDToken, r.IDToken)
	if t.Extra == nil {
		t.Extra = r.Extra
	}
	if t.ProofKey == nil {
		t.ProofKey = r.ProofKey
	}
	if t.Expiry = normalizeTime(t.Expiry); !t.Expiry.After(now) {
		t.Expiry = time.Time{} // a new token that has expired already says more about a clock than about the token
	}
	n.Token, n.Obtained = t, normalizeTime(now)
	n.RetryAt, n.RetryAfter, n.Suspect = time.Time{}, 0, false
	n.Generation++
	return &n
}

// The members of version 1, which is one JSON object. It is promised for all of 1.x;
// testdata/record has files of it.
const (
	memberVersion    = "version"
	memberAccount    = "account"
	memberSession    = "session"
	memberGeneration = "generation"
	memberObtained   = "obtained"
	memberAccess     = "access_token"
	memberRefresh    = "refresh_token"
	memberType       = "token_type"
	memberExpiry     = "expiry"
	memberScope      = "scope"
	memberIDToken    = "id_token"
	memberExtra      = "extra"
	memberKey        = "dpop_key"
	memberOrigin     = "origin"
	memberRetryAt    = "retry_at"
	memberRetryAfter = "retry_after"
	memberSuspect    = "suspect"
	memberEnded      = "ended"
)

func (r *record) encode() ([]byte, error) {
	all := make(map[string]any)
	for k, v := range r.unknown {
		all[k] = v
	}
	all[memberVersion], all[memberAccount] = recordVersion, r.account
	all[memberSession], all[memberGeneration] = r.Session, r.Generation
	all[memberObtained], all[memberAccess] = r.Obtained, r.AccessToken
	if r.RefreshToken != "" {
		all[memberRefresh] = r.RefreshToken
	}
	if r.TokenType != "" {
		all[memberType] = r.TokenType
	}
	if !r.Expiry.IsZero() {
		all[memberExpiry] = r.Expiry
	}
	if r.Scope != "" {
		all[memberScope] = r.Scope
	}
	if r.IDToken != "" {
		all[memberIDToken] = r.IDToken
	}
	if len(r.Extra) > 0 {
		all[memberExtra] = r.Extra
	}
	if r.ProofKey != nil {
		all[memberKey] = r.ProofKey
	}
	if r.Origin != "" {
		all[memberOrigin] = r.Origin
	}
	if r.Suspect {
		all[memberSuspect] = true
	}
	if r.Ended != "" {
		all[memberEnded] = r.Ended
	}
	if r.RetryAfter > 0 {
		all[memberRetryAt], all[memberRetryAfter] = r.RetryAt, r.RetryAfter.Seconds()
	}
	return json.Marshal(all)
}

// decodeRecord reads what encode wrote. No bytes are no record, which is nil and no error.
func decodeRecord(data []byte, account string) (r *record, err error) {
	if len(data) == 0 {
		return r, nil
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) != nil {
		return nil, unreadable(account, "it is damaged")
	}
	// The version comes first, because a newer one may have changed everything else.
	version, ok := tokens.Number(all[memberVersion])
	switch {
	case ok && version > recordVersion:
		return nil, unreadable(account, fmt.Sprintf("a newer program wrote it (version %v)", version))
	case !ok || version != recordVersion:
		return nil, unreadable(account, "it is damaged")
	}
	r = new(record)
	if err = r.take(all); err != nil || r.Session == "" || r.Generation == 0 {
		return nil, unreadable(account, "it is damaged")
	}
	if r.account != account {
		return nil, unreadable(account, "it belongs to another account")
	}
	delete(all, memberVersion)
	r.unknown = all
	return r, nil
}

// take moves the members that are known out of all.
func (r *record) take(all map[string]json.RawMessage) error {
	for name, to := range map[string]any{
		memberAccount: &r.account, memberSession: &r.Session, memberGeneration: &r.Generation, memberObtained: &r.Obtained,
		memberAccess: &r.AccessToken, memberRefresh: &r.RefreshToken, memberType: &r.TokenType, memberExpiry: &r.Expiry,
		memberOrigin: &r.Origin, memberEnded: &r.Ended,
	} {
		raw, ok := all[name]
		if !ok {
			continue
		}
		if err := json.Unmarshal(raw, to); err != nil {
			return err
		}
		delete(all, name)
	}
	r.takeOptional(all)
	return nil
}

// takeOptional moves the members that later versions of 1.x added out of all. One of another form
// was written by a version that meant something else; it stays where it is. A scope may be a list.
func (r *record) takeOptional(all map[string]json.RawMessage) {
	var words []string
	if json.Unmarshal(all[memberScope], &words) == nil && words != nil {
		r.Scope = strings.Join(words, " ")
		delete(all, memberScope)
	}
	for name, to := range map[string]any{memberScope: &r.Scope, memberIDToken: &r.IDToken, memberExtra: &r.Extra, memberKey: &r.ProofKey} {
		if raw, ok := all[name]; ok && json.Unmarshal(raw, to) == nil {
			delete(all, name)
		}
	}
	if json.Unmarshal(all[memberSuspect], &r.Suspect) == nil {
		delete(all, memberSuspect)
	}
	seconds, ok := tokens.Number(all[memberRetryAfter])
	if ok && seconds > 0 && json.Unmarshal(all[memberRetryAt], &r.RetryAt) == nil {
		r.RetryAfter = time.Duration(min(seconds, maxThrottle.Seconds()) * float64(time.Second))
	}
	delete(all, memberRetryAfter)
	delete(all, memberRetryAt)
}

// maxThrottle is the longest wait that is believed.
const maxThrottle = time.Hour

// ErrSessionUnreadable is a stored session that this program cannot use. It is never overwritten by
// a refresh and never taken for "signed out"; Login and Logout replace it.
var ErrSessionUnreadable = errors.New("the stored session cannot be used")

func unreadable(account, why string) error {
	return fmt.Errorf("auth: %w (account %q): %s; log in again to replace it", ErrSessionUnreadable, account, why)
}
