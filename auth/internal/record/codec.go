package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// version is the newest form that this program writes and reads.
const version = 1

// The members of version 1. The golden files of auth/testdata/record hold every one of them.
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
	memberEndedAt    = "ended_at"
)

// Encode returns the stored form of r. Empty members are left out, so that a program of an earlier
// version finds what it wrote.
func (r *Record) Encode() ([]byte, error) {
	all := make(map[string]any)
	for k, v := range r.unknown {
		all[k] = v
	}
	all[memberVersion], all[memberAccount] = version, r.Account
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
		if !r.EndedAt.IsZero() {
			all[memberEndedAt] = r.EndedAt
		}
	}
	if r.RetryAfter > 0 {
		all[memberRetryAt], all[memberRetryAfter] = r.RetryAt, r.RetryAfter.Seconds()
	}
	return json.Marshal(all)
}

// Decode reads what Encode wrote for account. Empty data means that there is no record: nil, nil.
func Decode(data []byte, account string) (r *Record, err error) {
	if len(data) == 0 {
		return r, nil
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) != nil {
		return nil, unreadable(account, "it is damaged")
	}
	// The version comes first, because a newer one may have changed everything else.
	v, ok := tokens.Number(all[memberVersion])
	switch {
	case ok && v > version:
		return nil, unreadable(account, fmt.Sprintf("a newer program wrote it (version %v)", v))
	case !ok || v != version:
		return nil, unreadable(account, "it is damaged")
	}
	r = new(Record)
	if err = r.take(all); err != nil || r.Session == "" || r.Generation == 0 {
		return nil, unreadable(account, "it is damaged")
	}
	if r.Account != account {
		return nil, unreadable(account, "it belongs to another account")
	}
	delete(all, memberVersion)
	r.unknown = all
	return r, nil
}

// take moves the members that are known out of all.
func (r *Record) take(all map[string]json.RawMessage) error {
	for name, to := range map[string]any{
		memberAccount: &r.Account, memberSession: &r.Session, memberGeneration: &r.Generation, memberObtained: &r.Obtained,
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
func (r *Record) takeOptional(all map[string]json.RawMessage) {
	var words []string
	if json.Unmarshal(all[memberScope], &words) == nil && words != nil {
		r.Scope = strings.Join(words, " ")
		delete(all, memberScope)
	}
	for name, to := range map[string]any{memberScope: &r.Scope, memberIDToken: &r.IDToken, memberExtra: &r.Extra, memberKey: &r.ProofKey, memberEndedAt: &r.EndedAt} {
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

// ErrUnreadable is auth.ErrSessionUnreadable.
var ErrUnreadable = errors.New("auth: the stored session cannot be used")

func unreadable(account, why string) error {
	return fmt.Errorf("%w (account %q): %s; log in again to replace it", ErrUnreadable, account, why)
}
