package login_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/auth/login"
)

func TestDiscover(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{ClientAuth: authtest.ClientSecretPost})
	p, err := login.Discover(within(t, s), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	base := s.URL + "/oauth/"
	want := oauth2.Endpoint{
		AuthURL: base + "authorize", TokenURL: base + "token", DeviceAuthURL: base + "device_authorization",
		AuthStyle: oauth2.AuthStyleInParams,
	}
	if p.Endpoint != want || p.RevocationURL != base+"revoke" || p.EndSessionURL != base+"logout" ||
		p.PushedAuthorizationURL != base+"par" || p.RegistrationURL != base+"register" || !p.SendsIssuer || p.Issuer != s.URL {
		t.Errorf("%+v", p)
	}
	if !slices.Contains(p.ChallengeMethods, "S256") || !slices.Contains(p.DPoPAlgorithms, "ES256") {
		t.Errorf("%+v", p)
	}
}

// published is a transport that serves documents by URL, and 404.
func published(documents map[string]string) (ctx context.Context, asked *[]string) {
	asked = new([]string)
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		*asked = append(*asked, r.URL.String())
		if body, ok := documents[r.URL.String()]; ok {
			return answerWith(200, "application/json", body)(r)
		}
		return answerWith(404, "text/html", "<h1>not here</h1>")(r)
	})}
	return context.WithValue(context.Background(), oauth2.HTTPClient, client), asked
}

func TestDiscover_places(t *testing.T) {
	t.Parallel()
	for issuer, places := range map[string][]string{
		"https://id.test":  {"https://id.test/.well-known/openid-configuration", "https://id.test/.well-known/oauth-authorization-server"},
		"https://id.test/": {"https://id.test/.well-known/openid-configuration", "https://id.test/.well-known/oauth-authorization-server"},
		"https://id.test/realms/a": {
			"https://id.test/realms/a/.well-known/openid-configuration", "https://id.test/.well-known/oauth-authorization-server/realms/a",
			"https://id.test/.well-known/openid-configuration/realms/a",
		},
	} {
		for i, place := range places {
			ctx, asked := published(map[string]string{place: `{"issuer":"` + issuer + `","token_endpoint":"https://id.test/t"}`})
			p, err := login.Discover(ctx, issuer)
			if err != nil || p.Endpoint.TokenURL != "https://id.test/t" || !slices.Equal(*asked, places[:i+1]) {
				t.Errorf("%s at %s: %v after %v", issuer, place, err, *asked)
			}
		}
	}
}

func TestDiscover_errors(t *testing.T) {
	t.Parallel()
	const place = "https://id.test/.well-known/openid-configuration"
	for name, c := range map[string]struct{ issuer, body, want string }{
		"no document":       {"https://id.test", "", "check the issuer, or set the endpoints by hand"},
		"not JSON":          {"https://id.test", "<html>", "not the JSON of a provider"},
		"another issuer":    {"https://id.test", `{"issuer":"https://evil.test"}`, `calls itself "https://evil.test"`},
		"a slash more":      {"https://id.test", `{"issuer":"https://id.test/"}`, "use exactly that"},
		"no issuer":         {"https://id.test", `{}`, `calls itself ""`},
		"http endpoint":     {"https://id.test", `{"issuer":"https://id.test","token_endpoint":"http://id.test/t"}`, "token_endpoint is at http://id.test"},
		"relative endpoint": {"https://id.test", `{"issuer":"https://id.test","revocation_endpoint":"/r"}`, "revocation_endpoint must be an absolute"},
		"too long":          {"https://id.test", `{"issuer":"` + strings.Repeat("x", 1<<20) + `"}`, "longer than 1 MiB"},
		"http issuer":       {"http://id.test", "", "use https"},
		"issuer with query": {"https://id.test?x=1", "", "has no query"},
		"issuer in words":   {"my provider", "", "must be an absolute"},
		"password":          {"https://me:pw@id.test", "", "password in it"},
		"not as dialed":     {"https://api.gİthub.com", "", "must spell its host in ASCII"},
		"localhost-like":    {"http://localhost.evil.test", "", "use https"},
	} {
		documents := map[string]string{}
		if c.body != "" {
			documents[place] = c.body
		}
		ctx, _ := published(documents)
		if _, err := login.Discover(ctx, c.issuer); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) { return nil, r.Context().Err() })}
	if _, err := login.Discover(context.WithValue(ctx, oauth2.HTTPClient, client), "https://id.test"); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
}

func TestProvider_LogoutURL(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := clientOf(t, s).Provider
	got, err := p.LogoutURL("app", "e30.e30.x", "http://127.0.0.1/bye", "s1")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	want := "client_id=app&id_token_hint=e30.e30.x&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%2Fbye&state=s1"
	if u.Path != "/oauth/logout" || u.RawQuery != want {
		t.Errorf("%s", got)
	}
	for _, p := range []login.Provider{{}, {EndSessionURL: "http://id.test/out"}, {EndSessionURL: ":"}} {
		if _, err := p.LogoutURL("", "", "", ""); err == nil {
			t.Errorf("%q gave no error", p.EndSessionURL)
		}
	}
}

func TestProvider_Register(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Clients: authtest.Secrets{}})
	p := clientOf(t, s).Provider
	for _, confidential := range []bool{false, true} {
		c, err := p.Register(within(t, s), login.Registration{Name: "Program", Confidential: confidential, Scopes: []string{"openid"}})
		if err != nil {
			t.Fatal(err)
		}
		if c.ID == "" || (c.Secret != "") != confidential {
			t.Errorf("confidential %v: %v", confidential, c)
		}
		c.Transport = s.Transport()
		if _, _, err := signIn(t, s, login.BrowserConfig{Client: *c}); err != nil {
			t.Errorf("confidential %v: %v", confidential, err)
		}
	}
	_, err := p.Register(within(t, s), login.Registration{RedirectURLs: []string{"https://evil.test/"}, AccessToken: "initial-access-token"})
	if e, ok := errors.AsType[*login.Error](err); !ok || e.Code != "invalid_redirect_uri" {
		t.Errorf("error %v", err)
	}
	for _, p := range []login.Provider{{}, {RegistrationURL: "http://id.test/r"}} {
		if _, err := p.Register(t.Context(), login.Registration{}); err == nil {
			t.Errorf("%q gave no error", p.RegistrationURL)
		}
	}
	for _, body := range []string{`{}`, `[]`, `nonsense`, `{"client_id":7}`} {
		client := &http.Client{Transport: answerWith(201, "application/json", body)}
		p := login.Provider{RegistrationURL: "https://id.test/r"}
		if _, err := p.Register(context.WithValue(t.Context(), oauth2.HTTPClient, client), login.Registration{}); err == nil || !strings.Contains(err.Error(), "by hand") {
			t.Errorf("%s: error %v", body, err)
		}
	}
}
