package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/chatelaine-go/chatelaine/auth"
)

// maxBareToken is the longest refresh token that ParseToken takes, in bytes.
const maxBareToken = 16 << 10

// ParseToken reads a token that the user got elsewhere: the JSON response of a token endpoint, or a
// bare refresh token. Other texts, such as a page or a list, are an error.
func ParseToken(data []byte, s Server) (auth.Token, error) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if len(data) == 0 {
		return auth.Token{}, errors.New("there is no token")
	}
	if data[0] == '{' {
		r := auth.JSONRefresher{AccessTokenField: s.AccessField, RefreshTokenField: s.RefreshField}
		t, err := r.ParseToken(&http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(bytes.NewReader(data)),
		})
		if err != nil {
			return auth.Token{}, errors.New("the JSON has no token")
		}
		return t, nil
	}
	if err := checkBareToken(string(data)); err != nil {
		return auth.Token{}, err
	}
	return auth.Token{RefreshToken: string(data)}, nil
}

// checkBareToken refuses what is not the text of a token. RFC 6749 (appendix A.17) allows every
// visible character; those that appear in pages, lists and quoted text but in no known server's
// tokens are refused, because sending such a text to a server cannot help.
func checkBareToken(text string) error {
	switch {
	case len(text) > maxBareToken:
		return errors.New("the token is longer than 16 KiB")
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return errors.New("the text is not a token: it has spaces, more than one line or characters that tokens do not have")
	case strings.ContainsAny(text, `<>[]{}"'\,;`+"`"), text == "null", text == "undefined":
		return errors.New("the text is neither a token nor the JSON of a token endpoint")
	default:
		return nil
	}
}

// ErrUnproven is an access token without a refresh token, which nothing can show to be good, where
// it would replace a session.
var ErrUnproven = errors.New("the token has no refresh token to check it by, and would replace a session")

// ErrTokenRefused is a token from elsewhere that the server did not accept.
var ErrTokenRefused = errors.New("the server did not accept the refresh token")

// LoginWithToken begins a session with a token from elsewhere. It replaces a session only by a token
// that the server has accepted: a refresh token is exchanged for a new pair first. An access token
// alone is stored unchecked if there is no session, and is [ErrUnproven] if there is one.
func (p *Profile) LoginWithToken(ctx context.Context, t auth.Token) error {
	if t.RefreshToken != "" {
		fresh, err := p.exchange(ctx, t)
		if err != nil {
			return err
		}
		return p.Session.Login(ctx, fresh)
	}
	st, err := p.Session.Status(ctx)
	if err != nil && !errors.Is(err, auth.ErrSessionUnreadable) {
		return err
	}
	if st.SignedIn {
		return ErrUnproven
	}
	return p.Session.Login(ctx, t)
}

// exchange refreshes a token in a session of its own, which is never stored.
func (p *Profile) exchange(ctx context.Context, t auth.Token) (fresh auth.Token, err error) {
	c, err := p.config(Options{})
	if err != nil {
		return auth.Token{}, err
	}
	session, err := auth.New(c)
	if err != nil {
		return auth.Token{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	defer func() { err = errors.Join(err, session.Close(context.WithoutCancel(ctx))) }()
	if err := session.Login(ctx, t); err != nil {
		return auth.Token{}, err
	}
	fresh, err = session.Refresh(ctx)
	switch {
	case errors.Is(err, auth.ErrLoginRequired):
		return auth.Token{}, ErrTokenRefused
	case err != nil:
		return auth.Token{}, fmt.Errorf("the token could not be checked: %w", err)
	default:
		return fresh, nil
	}
}
