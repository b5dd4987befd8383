package auth

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"
)

// recordVersion is the newest form of a stored session that this version writes and reads.
const recordVersion = 1

// record is a session as it is stored: one JSON object. Members that a later version added are kept.
type record struct {
	Version    int       `json:"version"`
	Account    string    `json:"account"`    // whose session it is; a record under another key is refused
	Session    string    `json:"session"`    // one for each login
	Generation uint64    `json:"generation"` // one more for each refresh of the session
	Obtained   time.Time `json:"obtained,omitzero"`
	Token

	unknown map[string]json.RawMessage
}

// newRecord begins a session.
func newRecord(account string, t Token, now time.Time) *record {
	return &record{
		Version: recordVersion, Account: account, Session: rand.Text(), Generation: 1,
		Obtained: now.Round(0), Token: t,
	}
}

// rotate returns the record that follows r: the same session with the token that a refresh brought.
func (r *record) rotate(t Token, now time.Time) *record {
	n := *r
	if t.RefreshToken == "" { // RFC 6749 §6: the server need not issue a new one
		t.RefreshToken = r.RefreshToken
	}
	if t.TokenType == "" {
		t.TokenType = r.TokenType
	}
	n.Token, n.Obtained = t, now.Round(0)
	n.Generation++
	return &n
}

func (r *record) encode() ([]byte, error) {
	known, err := json.Marshal(r)
	if err != nil || len(r.unknown) == 0 {
		return known, err
	}
	all := maps.Clone(r.unknown)
	if err := json.Unmarshal(known, &all); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

// decodeRecord reads what encode wrote. No bytes are no record.
func decodeRecord(data []byte, account string) (*record, error) {
	if len(data) == 0 {
		return nil, nil //nolint:nilnil // absence is an answer, not an error
	}
	r := new(record)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, unreadable(account, "it is damaged")
	}
	switch {
	case r.Version > recordVersion:
		return nil, unreadable(account, fmt.Sprintf("a newer program wrote it (version %d)", r.Version))
	case r.Version < 1 || r.Session == "" || r.Generation == 0:
		return nil, unreadable(account, "it is damaged")
	case r.Account != account:
		return nil, unreadable(account, "it belongs to another account")
	}
	if err := json.Unmarshal(data, &r.unknown); err != nil {
		return nil, unreadable(account, "it is damaged")
	}
	for _, k := range []string{
		"version", "account", "session", "generation", "obtained", "access_token", "refresh_token", "token_type", "expiry",
	} {
		delete(r.unknown, k)
	}
	return r, nil
}

// ErrSessionUnreadable is a stored session that this program cannot use. It is never overwritten by a refresh and never
// taken for "signed out"; Login and Logout replace it.
var ErrSessionUnreadable = errors.New("the stored session cannot be used")

func unreadable(account, why string) error {
	return fmt.Errorf("auth: %w (account %q): %s; log in again to replace it", ErrSessionUnreadable, account, why)
}
