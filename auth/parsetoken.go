package auth

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// ParseToken reads the token of a response to a login or a refresh. It reads at most 1 MiB of the
// body and does not close it.
//
// It knows the JSON of RFC 6749, section 5.1, and whatever else servers send: other names
// (accessToken, token, jwt, access; refreshToken, refresh), an object within data, result, session
// or tokens, a JSON string, bare text, a form, also one that is labeled as text; expires_in as
// number or string, expires_at in seconds, milliseconds or RFC 3339, by the server's clock if it
// sends a Date; a byte order mark, UTF-16, Latin-1, gzip without a header; "Bearer abc" for a
// token. An expiry that makes no sense is ignored, and the one of a JWT used instead. The other
// members go into Extra.
//
// Any other response is an [*EndpointError]: a status that is not 2xx, a 200 with an error, an
// array, a page. Its message says what arrived (status, type, first member names), never a value.
func ParseToken(resp *http.Response) (Token, error) { return parseToken(resp, tokens.Names{}) }

func parseToken(resp *http.Response, names tokens.Names) (Token, error) {
	r, err := endpoints.Read(resp, time.Now())
	t, failure := tokens.Parse(r, names)
	switch {
	case failure == nil && (err == nil || bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("{"))):
		return Token(t), nil
	case err != nil:
		return Token{}, fmt.Errorf("auth: the response of the token endpoint cannot be read: %w", err)
	default:
		return Token{}, fmt.Errorf("auth: %w", newEndpointError(failure))
	}
}
