package auth_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestRule12_NoNewRefreshToken: an answer without a refresh token, or with an empty one, or with
// the old one, keeps the old one.
func TestRule12_NoNewRefreshToken(t *testing.T) {
	t.Parallel()
	for _, dialect := range []func(*auth.Config){func(*auth.Config) {}, byOAuth} {
		for _, c := range []authtest.Config{
			{Rotation: authtest.OmitRefreshToken},
			{Rotation: authtest.BlankRefreshToken},
			{Rotation: authtest.RepeatRefreshToken},
			{Shape: authtest.StringShape, Rotation: authtest.OmitRefreshToken},
			{Shape: authtest.TextShape, Rotation: authtest.OmitRefreshToken},
		} {
			store := storage.NewMemory()
			f := start(t, c, dialect, with(store))
			before, err := f.session.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				f.ExpireAccess()
				f.mustGet(t, "/me", http.StatusOK)
			}
			after, err := f.session.Token(t.Context())
			if err != nil || after.RefreshToken != before.RefreshToken || after.AccessToken == before.AccessToken {
				t.Errorf("%q %q: %v", c.Rotation, c.Shape, err)
			}
			f.AssertRefreshes(t, 3)
			again := join(t, f.Server, dialect, with(store))
			if stored, err := again.session.Token(t.Context()); err != nil || stored.RefreshToken != before.RefreshToken {
				t.Errorf("%q %q: another one is stored, %v", c.Rotation, c.Shape, err)
			}
		}
	}
}

// TestRule12_ExpiresIn: whatever form the lifetime has, or none, a token that lives for five
// minutes is refreshed once in that time, and not for every request; an access token may be opaque.
func TestRule12_ExpiresIn(t *testing.T) {
	t.Parallel()
	for _, form := range []authtest.ExpiresIn{
		authtest.ExpiresInSeconds, authtest.ExpiresInString, authtest.ExpiresInAbsent, authtest.ExpiresInNull,
		authtest.ExpiresInNanoseconds, authtest.ExpiresInNegative, authtest.ExpiresInHuge,
	} {
		for _, opaque := range []bool{false, true} {
			for _, dialect := range []func(*auth.Config){func(*auth.Config) {}, byOAuth} {
				synctest.Test(t, func(t *testing.T) {
					f := start(t, authtest.Config{InMemory: true, ExpiresIn: form, OpaqueTokens: opaque}, dialect)
					if _, err := f.session.Refresh(t.Context()); err != nil {
						t.Fatalf("%q: %v", form, err)
					}
					for range 60 { // ten minutes
						f.mustGet(t, "/me", http.StatusOK)
						synctest.Wait()
						sleep(10 * time.Second)
					}
					if n := f.Stats().Refreshes; n < 2 || n > 4 {
						t.Errorf("%q, opaque %v: %d refreshes in ten minutes", form, opaque, n)
					}
					f.AssertNoReuse(t)
					finish(f)
				})
			}
		}
	}
}

// TestRule12_ExpiredAlready: a new token that has expired already says more about a clock than
// about the token.
func TestRule12_ExpiredAlready(t *testing.T) {
	t.Parallel()
	calls := 0
	f := start(t, authtest.Config{}, func(c *auth.Config) {
		inner := answering(auth.Token{AccessToken: "x", Expiry: time.Now().Add(-time.Hour)})
		c.Refresher = counting(inner, &calls)
	})
	if _, err := f.session.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if tok, err := f.session.Token(t.Context()); err != nil || !tok.Expiry.IsZero() {
			t.Fatalf("got %v, %v", tok, err)
		}
	}
	if e := f.events.last(); e.Kind != auth.TokenRefreshed || !e.Expiry.IsZero() {
		t.Errorf("got %v %v", e, e.Expiry)
	}
	if calls != 1 {
		t.Errorf("%d refreshes", calls)
	}
}

// TestRule12_NoAccessToken: an answer of a Refresher of one's own that holds none fails for now.
func TestRule12_NoAccessToken(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{}, func(c *auth.Config) { c.Refresher = answering(auth.Token{}) })
	f.ExpireAccess()
	f.mustFail(t, "/me", auth.ErrRefreshFailed)
	if st, err := f.session.Status(t.Context()); err != nil || !st.SignedIn {
		t.Errorf("got %+v, %v", st, err)
	}
}

// TestRule12_OwnJWT: the lifetime of a JWT that a Refresher of one's own returns without an Expiry
// is read from it.
func TestRule12_OwnJWT(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{}, func(c *auth.Config) { c.Refresher = answering(auth.Token{AccessToken: jwt(`{"iat":1000,"exp":1600}`)}) })
	got, err := f.session.Refresh(t.Context())
	if left := time.Until(got.Expiry); err != nil || left < 9*time.Minute || left > 10*time.Minute {
		t.Errorf("%v left, %v", left, err)
	}
}

// TestRule12_TokenTypeKept: so does the type of a token where the answer names none.
func TestRule12_TokenTypeKept(t *testing.T) {
	t.Parallel()
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Refresher: answering(auth.Token{AccessToken: "new"})})
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Login(t.Context(), auth.Token{AccessToken: "a", RefreshToken: "r", TokenType: "JWT"}); err != nil {
		t.Fatal(err)
	}
	if _, err := session.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := carried(t, session, request(t, "/me")); got != "JWT new" {
		t.Errorf("got %q", got)
	}
	if err := session.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
