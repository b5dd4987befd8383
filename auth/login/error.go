package login

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/chatelaine-go/chatelaine/internal/escape"
)

var (
	// ErrAccessDenied means that the user, or the provider's policy, refused the login.
	ErrAccessDenied = errors.New("login: access denied")
	// ErrExpired means that the user took too long to sign in. Start again.
	ErrExpired = errors.New("login: the time to sign in is over; start again")
)

// Error is a refusal by the provider: an error response of RFC 6749 (sections 4.1.2.1 and 5.2), RFC
// 8628 (section 3.5) or RFC 7591 (section 3.2.2). Find it with [errors.As].
type Error struct {
	Code        string // "access_denied", "invalid_client" …
	Description string // the provider's words for developers, "" if none; printable, at most 300 bytes
	Status      int    // of the response; 0 if the browser brought the error
}

// Error returns the code, the description and what to do next.
func (e *Error) Error() string {
	text := "login: the provider says " + strconv.Quote(e.Code)
	if e.Description != "" {
		text += " (" + e.Description + ")"
	}
	if next := nextSteps()[e.Code]; next != "" {
		text += "; " + next
	}
	return text
}

// Unwrap returns [ErrAccessDenied] or [ErrExpired] for the codes that mean it, or nil.
func (e *Error) Unwrap() error {
	switch e.Code {
	case "access_denied":
		return ErrAccessDenied
	case "expired_token":
		return ErrExpired
	}
	return nil
}

// nextSteps says what to do about an error code.
func nextSteps() map[string]string {
	return map[string]string{
		"access_denied":             "the user or a policy refused; ask again or ask the provider's administrator",
		"expired_token":             "start again and sign in sooner",
		"invalid_client":            "check Client.ID, Client.Secret and Client.AuthStyle against the registration",
		"unauthorized_client":       "the client may not use this grant; change its registration",
		"invalid_grant":             "the code is spent, expired or of another client; start again",
		"invalid_scope":             "check Client.Scopes against the registration",
		"invalid_request":           "the provider needs other parameters; see its documentation and Client.Params",
		"invalid_redirect_uri":      "register the redirect URL of BrowserConfig.RedirectURL",
		"unsupported_grant_type":    "the provider does not offer this way to sign in",
		"unsupported_response_type": "the client may not use authorization codes; change its registration",
		"login_required":            "the user must sign in; remove prompt=none from Client.Params",
		"consent_required":          "the user must agree; remove prompt=none from Client.Params",
		"temporarily_unavailable":   "try again later",
		"server_error":              "try again later",
		"use_dpop_nonce":            "the provider requires DPoP; set Client.Transport to that of package auth/dpop",
		"invalid_dpop_proof":        "the provider requires DPoP; set Client.Transport to that of package auth/dpop",
	}
}

// newError returns the error of a response. Secrets that the provider repeats are replaced.
func newError(code, description string, status int, secrets ...string) *Error {
	return &Error{Code: shown(code, 60, secrets), Description: shown(description, 300, secrets), Status: status}
}

// shown returns a text of the provider without secrets and control characters, cut to a length in
// bytes.
func shown(text string, limit int, secrets []string) string {
	for _, s := range secrets {
		if len(s) >= 4 {
			text = strings.ReplaceAll(text, s, "REDACTED")
		}
	}
	if len(text) > limit {
		cut := limit
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return escape.Line(text)
}
