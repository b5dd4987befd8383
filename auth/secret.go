package auth

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
	"github.com/chatelaine-go/chatelaine/internal/escape"
)

const (
	// masked stands for a secret in texts, as redact.Mask does.
	masked = "REDACTED"
	// shortestSecret keeps the words of a message from being taken for a token. No server hands out
	// such short ones.
	shortestSecret = 8
)

// printMasked is the Format of types that hold secrets: the same text whatever the verb, since fmt
// asks String for a few of them only.
func printMasked(f fmt.State, text string) { _, _ = io.WriteString(f, text) }

// redactedOrNone reports in a text whether there is a secret.
func redactedOrNone(secret string) string {
	if secret == "" {
		return "none"
	}
	return masked
}

// redactError returns err without what other code may have put into its text: tokens in any of the
// usual encodings, the body that x/oauth2 quotes, the query that net/http quotes, control
// characters. [errors.Is] and [errors.As] find what they found before.
func redactError(err error, secrets ...Token) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := text
	hide := func(secret, instead string) {
		if secret != "" {
			clean = strings.ReplaceAll(clean, secret, instead)
		}
	}
	if re, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		hide(string(re.Body), masked)
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		hide(ue.URL, endpoints.Text(ue.URL))
	}
	for i := range secrets {
		t := &secrets[i]
		for _, secret := range []string{t.AccessToken, t.RefreshToken, t.IDToken} {
			if len(secret) < shortestSecret {
				continue
			}
			for _, form := range encodings(secret) {
				hide(form, masked)
			}
		}
	}
	if clean = escape.Line(clean); clean == text {
		return err
	}
	return &redactedError{text: clean, err: err}
}

// encodings returns the forms in which a secret may stand in a text.
func encodings(secret string) []string {
	quoted := strconv.Quote(secret)
	return []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), quoted[1 : len(quoted)-1], html.EscapeString(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		hex.EncodeToString([]byte(secret)),
	}
}

// redactedError is an error whose own text must not be shown.
type redactedError struct {
	text string
	err  error
}

// Error returns the text without tokens.
func (e *redactedError) Error() string { return e.text }

// Unwrap returns the error as it was.
func (e *redactedError) Unwrap() error { return e.err }

// recovered returns err, or after a panic of the user's code, whose value is p, that as an error.
func recovered(what string, p any, err error) error {
	if p == nil {
		return err
	}
	if cause, ok := p.(error); ok {
		return fmt.Errorf("auth: %s panicked: %w", what, cause)
	}
	return fmt.Errorf("auth: %s panicked: %v", what, p)
}

// errVanished is the outcome of a call of the user's code that ended its goroutine (runtime.Goexit)
// and so never returned.
var errVanished = errors.New("the Refresher or the Store ended its goroutine")
