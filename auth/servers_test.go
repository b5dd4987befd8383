package auth_test

import (
	"net/http"
	"testing"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestServers: real authorization servers answer in ways of their own. For each: an expired token
// is noticed and renewed, also for requests that crossed the refresh; the server's trouble is no
// end; a dead refresh token is.
func TestServers(t *testing.T) {
	t.Parallel()
	grant := func(codes ...string) func(*auth.Config) {
		return func(c *auth.Config) {
			byOAuth(c)
			r, _ := c.Refresher.(auth.OAuth2Refresher)
			r.DeadCodes = codes
			c.Refresher = r
		}
	}
	forbidden := func(c *auth.Config) { c.ShouldRefresh = auth.StatusIn(http.StatusUnauthorized, http.StatusForbidden) }
	for name, server := range map[string]struct {
		config authtest.Config
		change []func(*auth.Config)
	}{
		"oidc-provider": {authtest.Config{}, []func(*auth.Config){grant()}},
		"Ory Hydra": {
			authtest.Config{ExpiredBody: `{"error":"request_unauthorized"}`, ReuseGrace: 1e9, GraceMints: true},
			[]func(*auth.Config){grant()},
		},
		"Dex": {
			authtest.Config{
				ExpiredStatus: 403, ExpiredBody: `{"error":"access_denied"}`, OmitChallenge: true,
				RefusedStatus: 400, RefusedBody: `{"error":"invalid_request","error_description":"Refresh token is invalid or has already been claimed"}`,
			},
			[]func(*auth.Config){grant("invalid_grant", "invalid_request"), forbidden},
		},
		"Supabase Auth": {
			authtest.Config{
				AccessField: "access_token", RefreshField: "refresh_token", ExpiresField: "expires_in", RefreshStatus: 200,
				ExpiredStatus: 403, ExpiredBody: `{"code":403,"error_code":"bad_jwt","msg":"invalid JWT: token is expired"}`,
				RefusedStatus: 400, RefusedBody: `{"code":400,"error_code":"refresh_token_already_used","msg":"Invalid Refresh Token: Already Used"}`,
			},
			[]func(*auth.Config){func(c *auth.Config) {
				r, _ := c.Refresher.(auth.JSONRefresher)
				r.URL, r.RequestField = "/auth/refresh?grant_type=refresh_token", "refresh_token"
				r.Header = http.Header{"Apikey": {"anon"}}
				c.Refresher = r
			}, forbidden},
		},
		"zitadel/oidc": {
			authtest.Config{ExpiredStatus: 403, ExpiredBody: `{}`, OmitChallenge: true, OpaqueTokens: true, ExpireOnRefresh: true},
			[]func(*auth.Config){grant(), forbidden},
		},
		"go-oauth2": {
			authtest.Config{RefusedStatus: 401, RefusedBody: `{"error":"invalid_grant"}`, ExpireOnRefresh: true, RepeatAccessToken: true},
			[]func(*auth.Config){grant()},
		},
		"mockoidc": {
			authtest.Config{
				ExpiredBody: `{"error":"invalid_request"}`, Rotation: authtest.RepeatRefreshToken,
				ExpiresIn: authtest.ExpiresInNanoseconds, RepeatAccessToken: true, RefusedStatus: 401,
			},
			[]func(*auth.Config){grant("invalid_grant", "invalid_request")},
		},
		"a tutorial's": {authtest.Config{}, []func(*auth.Config){func(c *auth.Config) {
			c.ShouldRefresh = auth.StatusWithMessage(http.StatusUnauthorized, "Invalid JWT")
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, server.config, server.change...)
			f.ExpireAccess()
			for _, r := range f.together(t, 10) {
				r.want(t, http.StatusOK)
			}
			f.AssertRefreshes(t, 1)
			f.FailRefresh(1, http.StatusInternalServerError, nil, "")
			f.ExpireAccess()
			f.mustFail(t, "/me", auth.ErrRefreshFailed)
			f.mustGet(t, "/me", http.StatusOK)
			f.RevokeAll()
			f.mustFail(t, "/me", auth.ErrLoginRequired, auth.ErrInvalidGrant)
			f.AssertNoReuse(t)
		})
	}
}

// TestServers_bareString: json-server-auth answers 401 "jwt expired", a bare JSON string, and has
// no refresh tokens.
func TestServers_bareString(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{ExpiredBody: `"jwt expired"`}, func(c *auth.Config) {
		c.ShouldRefresh = auth.StatusWithMessage(http.StatusUnauthorized, "jwt expired")
	})
	if err := f.session.Login(t.Context(), auth.Token{AccessToken: f.Issue("alice").AccessToken}); err != nil {
		t.Fatal(err)
	}
	f.mustGet(t, "/me", http.StatusOK)
	f.ExpireAccess()
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.AssertRefreshes(t, 0)
}

// TestServers_clientAuthentication: a confidential client by header or by form, as configured or by
// RFC 6749's default.
func TestServers_clientAuthentication(t *testing.T) {
	t.Parallel()
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleAutoDetect, oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		s := authtest.NewServer(authtest.Config{Clients: authtest.Secrets{"c li": "s:ecret"}})
		t.Cleanup(s.Close)
		c := &oauth2.Config{
			ClientID: "c li", ClientSecret: "s:ecret", Endpoint: oauth2.Endpoint{TokenURL: s.URL + "/oauth/token", AuthStyle: style},
		}
		if style == oauth2.AuthStyleAutoDetect {
			c.Endpoint.AuthStyle = oauth2.AuthStyleInHeader // of the login, which is not ours
		}
		login, err := c.PasswordCredentialsToken(oauthContext(t, s), authtest.DefaultUser, authtest.DefaultPassword)
		if err != nil {
			t.Fatal(err)
		}
		c.Endpoint.AuthStyle = style
		f := join(t, s, func(ac *auth.Config) {
			ac.Refresher = auth.OAuth2Refresher{Config: c, Transport: s.Transport()}
			ac.Revoke = auth.OAuth2Revoker{URL: s.URL + "/oauth/revoke", ClientID: "c li", ClientSecret: "s:ecret", Transport: s.Transport()}.Revoke
		})
		if err := f.session.Login(t.Context(), auth.FromOAuth2(login)); err != nil {
			t.Fatal(err)
		}
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 1)
		if err := f.session.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if err := f.events.last().Err; err != nil {
			t.Errorf("not revoked: %v", err)
		}
		f.AssertSessions(t, 0)
	}
}
