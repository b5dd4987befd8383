package tokens

import "strings"

// IsFinal reports whether an error code means that the refresh token is dead, by RFC 6749, section
// 5.2, or at one of the servers named here. The code is in lower case. The documentation of
// auth.OAuth2Refresher has the same list.
func IsFinal(code string) bool {
	switch code {
	case "invalid_grant", // RFC 6749
		"bad_refresh_token",                    // GitHub, HubSpot
		"invalid_refresh_token",                // Slack, Firebase
		"token_revoked",                        // Slack
		"token_expired",                        // Slack, Firebase
		"refresh_token_not_found",              // Supabase Auth
		"refresh_token_already_used",           // Supabase Auth
		"session_not_found", "session_expired", // Supabase Auth
		"refresh_token_expired", "refresh_token_reused", // OpenAI
		"refresh_token_invalidated", "refresh_token_revoked": // OpenAI
		return true
	default:
		return false
	}
}

// IsClientProblem reports whether an error code is about the client or its request, so that no
// login would help (RFC 6749, section 5.2; RFC 8707, section 2; RFC 9449, section 5).
func IsClientProblem(code string) bool {
	switch code {
	case "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_target",
		"invalid_dpop_proof", "use_dpop_nonce":
		return true
	default:
		return false
	}
}

// IsTransient reports whether an error code is about the server's state or the client's rate (RFC
// 6749, section 4.1.2.1; RFC 8628, section 3.5), or reads like it.
func IsTransient(code string) bool {
	switch code {
	case "temporarily_unavailable", "server_error", "slow_down", "authorization_pending", "unexpected_failure", "conflict",
		"overloaded", "maintenance":
		return true
	}
	for _, part := range []string{
		"rate_limit", "ratelimit", "rate-limit", "too_many", "too-many", "throttl", "unavailable", "timeout", "timed_out",
		"internal_server_error", "internal_error", "quota",
	} {
		if strings.Contains(code, part) {
			return true
		}
	}
	return false
}
