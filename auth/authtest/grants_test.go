package authtest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636, appendix B

// s256 returns the SHA-256 hash of a text in base64url.
func s256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorize calls the authorization endpoint, and returns the query of the redirect.
func authorize(t *testing.T, s *authtest.Server, pairs ...string) url.Values {
	t.Helper()
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	a := call(t, s, http.StatusFound, http.MethodGet, "/oauth/authorize?"+q.Encode(), "", nil)
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// codeRequest is a good authorization request of a public client.
var codeRequest = []string{
	"response_type", "code", "client_id", "app", "redirect_uri", "http://127.0.0.1:5555/cb", "state", "xyz",
	"scope", "openid offline_access", "nonce", "n1", "code_challenge", s256(verifier), "code_challenge_method", "S256",
}

// sign returns a JWT in compact form, signed with an ES256, EdDSA or RS256 key.
func sign(t *testing.T, key crypto.Signer, header, payload map[string]any) string {
	t.Helper()
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	var signature []byte
	var err error
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		header["alg"] = "ES256"
		signed := text(header) + "." + text(payload)
		sum := sha256.Sum256([]byte(signed))
		r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case ed25519.PrivateKey:
		header["alg"] = "EdDSA"
		signature = ed25519.Sign(k, []byte(text(header)+"."+text(payload)))
	case *rsa.PrivateKey:
		header["alg"] = "RS256"
		sum := sha256.Sum256([]byte(text(header) + "." + text(payload)))
		signature, err = rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:])
	}
	if err != nil {
		t.Fatal(err)
	}
	return text(header) + "." + text(payload) + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// keys are one key of each kind that the server verifies.
func keys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"ES256": p256, "EdDSA": ed, "RS256": rs}
}

func TestOAuth_authorization_code(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Clients: authtest.Secrets{"app": ""}, BrowserUser: "bob"})
	q := authorize(t, s, codeRequest...)
	if q.Get("state") != "xyz" || q.Get("iss") != s.URL || q.Get("code") == "" {
		t.Fatalf("response %v", q)
	}
	exchange := []string{
		"grant_type", "authorization_code", "code", q.Get("code"), "client_id", "app",
		"redirect_uri", "http://127.0.0.1:5555/cb", "code_verifier", verifier,
	}
	a := form(t, s, http.StatusOK, "/oauth/token", nil, exchange...)
	if a.member(t, "scope") != "openid offline_access" || a.member(t, "token_type") != "Bearer" {
		t.Errorf("%s", a.body)
	}
	if m := me(t, s, http.StatusOK, a.member(t, "access_token")); m.member(t, "id") != "bob" {
		t.Errorf("%s", m.body)
	}
	_, id := decodeJWT(t, a.member(t, "id_token"))
	if id["sub"] != "bob" || id["aud"] != "app" || id["nonce"] != "n1" || id["iss"] != s.URL {
		t.Errorf("ID token %v", id)
	}
	// A second use ends the session (RFC 6749, section 4.1.2).
	form(t, s, http.StatusBadRequest, "/oauth/token", nil, exchange...)
	me(t, s, http.StatusUnauthorized, a.member(t, "access_token"))
}

func TestOAuth_authorization_code_refused(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Clients: authtest.Secrets{"app": "", "other": ""}})
	good := func() []string {
		return []string{
			"grant_type", "authorization_code", "code", authorize(t, s, codeRequest...).Get("code"), "client_id", "app",
			"redirect_uri", "http://127.0.0.1:5555/cb", "code_verifier", verifier,
		}
	}
	for name, value := range map[string]string{
		"code": "code-unknown", "client_id": "other", "redirect_uri": "http://127.0.0.1:5556/cb", "code_verifier": "x",
	} {
		pairs := good()
		pairs[slices.Index(pairs, name)+1] = value
		a := form(t, s, http.StatusBadRequest, "/oauth/token", nil, pairs...)
		if a.member(t, "error") != "invalid_grant" {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	for name, c := range map[string]struct{ value, want string }{
		"response_type":         {"token", "unsupported_response_type"},
		"code_challenge_method": {"plain", "invalid_request"},
		"code_challenge":        {"", "invalid_request"},
	} {
		pairs := slices.Clone(codeRequest)
		pairs[slices.Index(pairs, name)+1] = c.value
		if got := authorize(t, s, pairs...).Get("error"); got != c.want {
			t.Errorf("%s: error %q, want %q", name, got, c.want)
		}
	}
	for name, value := range map[string]string{"client_id": "nobody", "redirect_uri": "https://evil.test/cb"} {
		pairs := slices.Clone(codeRequest)
		pairs[slices.Index(pairs, name)+1] = value
		q := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		call(t, s, http.StatusBadRequest, http.MethodGet, "/oauth/authorize?"+q.Encode(), "", nil)
	}
	reconfigure(t, s, func(c *authtest.Config) { c.DenyAuthorization = true })
	if got := authorize(t, s, codeRequest...).Get("error"); got != "access_denied" {
		t.Errorf("error %q", got)
	}
}

func TestOAuth_pushed_authorization(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Clients: authtest.Secrets{"app": ""}, RequirePAR: true})
	a := form(t, s, http.StatusCreated, "/oauth/par", nil, codeRequest...)
	uri := a.member(t, "request_uri")
	if q := authorize(t, s, "client_id", "app", "request_uri", uri); q.Get("code") == "" || q.Get("state") != "xyz" {
		t.Errorf("response %v", q)
	}
	for _, query := range []string{"client_id=app&request_uri=" + url.QueryEscape(uri), "response_type=code&client_id=app"} {
		call(t, s, http.StatusBadRequest, http.MethodGet, "/oauth/authorize?"+query, "", nil)
	}
}

func TestOAuth_device(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{Clients: authtest.Secrets{"app": ""}})
		start := func() *answer {
			return form(t, s, http.StatusOK, "/oauth/device_authorization", nil, "client_id", "app", "scope", "openid")
		}
		poll := func(d *answer, want string) *answer {
			t.Helper()
			status := http.StatusBadRequest
			if want == "" {
				status = http.StatusOK
			}
			a := form(t, s, status, "/oauth/token", nil, "client_id", "app", "device_code", d.member(t, "device_code"),
				"grant_type", "urn:ietf:params:oauth:grant-type:device_code")
			if got := a.member(t, "error"); got != want {
				t.Errorf("error %q, want %q", got, want)
			}
			return a
		}
		d := start()
		if d.object(t)["interval"] != 5.0 {
			t.Errorf("%s", d.body)
		}
		poll(d, "authorization_pending")
		poll(d, "slow_down")
		elapse(9 * time.Second) // the interval is 10 s now
		poll(d, "slow_down")
		elapse(15 * time.Second)
		poll(d, "authorization_pending")
		if err := s.ApproveDevice(strings.ToLower(strings.ReplaceAll(d.member(t, "user_code"), "-", "")), "bob"); err != nil {
			t.Fatal(err)
		}
		elapse(15 * time.Second)
		a := poll(d, "")
		if m := me(t, s, http.StatusOK, a.member(t, "access_token")); m.member(t, "id") != "bob" {
			t.Errorf("%s", m.body)
		}
		poll(d, "invalid_grant") // one use

		d = start()
		if err := s.DenyDevice(d.member(t, "user_code")); err != nil {
			t.Fatal(err)
		}
		poll(d, "access_denied")
		d = start()
		elapse(10 * time.Minute)
		poll(d, "expired_token")
		if s.ApproveDevice(d.member(t, "user_code"), "bob") == nil || s.DenyDevice("") == nil {
			t.Error("an expired or empty user code was accepted")
		}
		d = start()
		page := strings.TrimPrefix(d.member(t, "verification_uri_complete"), s.URL)
		call(t, s, http.StatusOK, http.MethodGet, page, "", nil)
		poll(d, "")
	})
}

func TestOAuth_client_credentials(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Clients: authtest.Secrets{"job": "sesame", "app": ""}})
	a := form(t, s, http.StatusOK, "/oauth/token", nil,
		"grant_type", "client_credentials", "client_id", "job", "client_secret", "sesame", "scope", "read")
	if a.object(t)["refresh_token"] != nil || a.member(t, "scope") != "read" {
		t.Errorf("%s", a.body)
	}
	if m := me(t, s, http.StatusOK, a.member(t, "access_token")); m.member(t, "id") != "job" {
		t.Errorf("%s", m.body)
	}
	a = form(t, s, http.StatusBadRequest, "/oauth/token", nil, "grant_type", "client_credentials", "client_id", "app")
	if a.member(t, "error") != "unauthorized_client" {
		t.Errorf("%s", a.body)
	}
}

func TestConfig_ClientAuth(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Clients: authtest.Secrets{"app": "a b"}, ClientAuth: authtest.ClientSecretPost})
	basic := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("app:a+b"))}}
	grant := []string{"grant_type", "client_credentials"}
	post := append(slices.Clone(grant), "client_id", "app", "client_secret", "a b")
	form(t, s, http.StatusUnauthorized, "/oauth/token", basic, grant...)
	form(t, s, http.StatusOK, "/oauth/token", nil, post...)
	reconfigure(t, s, func(c *authtest.Config) { c.ClientAuth = authtest.ClientSecretBasic })
	form(t, s, http.StatusOK, "/oauth/token", basic, grant...)
	form(t, s, http.StatusUnauthorized, "/oauth/token", nil, post...)
}

func TestConfig_ClientKeys(t *testing.T) {
	t.Parallel()
	for algorithm, key := range keys(t) {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, authtest.Config{ClientKeys: map[string]crypto.PublicKey{"job": key.Public()}})
			payload := func(change ...any) map[string]any {
				m := map[string]any{
					"iss": "job", "sub": "job", "aud": s.URL + "/oauth/token",
					"exp": time.Now().Add(time.Minute).Unix(), "jti": rand.Text(),
				}
				for i := 0; i < len(change); i += 2 {
					m[change[i].(string)] = change[i+1]
				}
				return m
			}
			token := func(want int, assertion string) *answer {
				return form(t, s, want, "/oauth/token", nil, "grant_type", "client_credentials",
					"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
					"client_assertion", assertion)
			}
			good := sign(t, key, map[string]any{}, payload())
			a := token(http.StatusOK, good)
			if m := me(t, s, http.StatusOK, a.member(t, "access_token")); m.member(t, "id") != "job" {
				t.Errorf("%s", m.body)
			}
			token(http.StatusUnauthorized, good) // one use
			token(http.StatusOK, sign(t, key, map[string]any{}, payload("aud", []string{"x", s.URL})))
			for _, change := range [][]any{
				{"aud", "https://elsewhere.test"},
				{"sub", "other"},
				{"iss", "other", "sub", "other"},
				{"exp", time.Now().Add(-time.Second).Unix()},
				{"jti", ""},
			} {
				if a := token(http.StatusUnauthorized, sign(t, key, map[string]any{}, payload(change...))); a.member(t, "error") != "invalid_client" {
					t.Errorf("%v: %s", change, a.body)
				}
			}
			forged := good[:strings.LastIndex(good, ".")+1] + "AAAA"
			for _, assertion := range []string{forged, "x", "a.b.c", ""} {
				token(http.StatusUnauthorized, assertion)
			}
		})
	}
}

func TestServer_discovery(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Issuer: "https://id.example.test"})
	for _, path := range []string{"openid-configuration", "oauth-authorization-server"} {
		m := call(t, s, http.StatusOK, http.MethodGet, "/.well-known/"+path, "", nil).object(t)
		for name, want := range map[string]string{
			"issuer":                 "https://id.example.test",
			"authorization_endpoint": "https://id.example.test/oauth/authorize",
			"token_endpoint":         "https://id.example.test/oauth/token",
			"revocation_endpoint":    "https://id.example.test/oauth/revoke",
			"end_session_endpoint":   "https://id.example.test/oauth/logout",
		} {
			if m[name] != want {
				t.Errorf("%s is %v, want %s", name, m[name], want)
			}
		}
	}
}

func TestServer_registration(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Clients: authtest.Secrets{}})
	body := `{"redirect_uris":["http://127.0.0.1/cb"],"token_endpoint_auth_method":"none","client_name":"x"}`
	a := call(t, s, http.StatusCreated, http.MethodPost, "/oauth/register", body, nil)
	pairs := slices.Clone(codeRequest)
	pairs[3] = a.member(t, "client_id")
	if q := authorize(t, s, pairs...); q.Get("code") == "" {
		t.Errorf("response %v", q)
	}
	a = call(t, s, http.StatusCreated, http.MethodPost, "/oauth/register", `{}`, nil)
	form(t, s, http.StatusOK, "/oauth/token", nil, "grant_type", "client_credentials",
		"client_id", a.member(t, "client_id"), "client_secret", a.member(t, "client_secret"))
	for _, body := range []string{`[]`, `{"redirect_uris":["https://evil.test"]}`, `{"redirect_uris":[7]}`} {
		call(t, s, http.StatusBadRequest, http.MethodPost, "/oauth/register", body, nil)
	}
}

func TestServer_logout(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	a := form(t, s, http.StatusOK, "/oauth/token", nil,
		"grant_type", "password", "username", "alice", "password", "wonderland", "scope", "openid")
	query := url.Values{"id_token_hint": {a.member(t, "id_token")}, "state": {"s"}}
	query.Set("post_logout_redirect_uri", "http://127.0.0.1:1/bye")
	r := call(t, s, http.StatusFound, http.MethodGet, "/oauth/logout?"+query.Encode(), "", nil)
	if got := r.header.Get("Location"); got != "http://127.0.0.1:1/bye?state=s" {
		t.Errorf("Location %q", got)
	}
	me(t, s, http.StatusUnauthorized, a.member(t, "access_token"))
	query.Del("post_logout_redirect_uri")
	call(t, s, http.StatusOK, http.MethodGet, "/oauth/logout?"+query.Encode(), "", nil)
	for _, hint := range []string{"", "x", a.member(t, "id_token") + "x"} {
		call(t, s, http.StatusBadRequest, http.MethodGet, "/oauth/logout?id_token_hint="+hint, "", nil)
	}
}

func TestConfig_ErrorDialect(t *testing.T) {
	t.Parallel()
	for dialect, c := range map[authtest.ErrorDialect]struct {
		status, expired int
		unknown, spent  string
	}{
		authtest.GitHubErrors:   {200, 401, `"error":"bad_refresh_token"`, `"error":"bad_refresh_token"`},
		authtest.SlackErrors:    {200, 401, `"error":"invalid_refresh_token"`, `"ok":false`},
		authtest.SupabaseErrors: {400, 403, `"error_code":"refresh_token_not_found"`, `"error_code":"refresh_token_already_used"`},
		authtest.HubSpotErrors:  {400, 401, `"status":"BAD_REFRESH_TOKEN"`, `"status":"BAD_REFRESH_TOKEN"`},
		authtest.DexErrors:      {400, 403, `"error":"invalid_request"`, `"error":"invalid_request"`},
	} {
		s := newServer(t, authtest.Config{ErrorDialect: dialect})
		p := s.Issue("bob")
		refresh(t, s, http.StatusCreated, p.RefreshToken)
		for token, want := range map[string]string{"unknown": c.unknown, p.RefreshToken: c.spent} {
			a := form(t, s, c.status, "/oauth/token", nil, "grant_type", "refresh_token", "refresh_token", token)
			b := refresh(t, s, c.status, token)
			if token == "unknown" && (!strings.Contains(a.body, want) || a.body != b.body) {
				t.Errorf("%s: %s and %s", dialect, a.body, b.body)
			}
			if token != "unknown" && !strings.Contains(a.body, want) {
				t.Errorf("%s: %s", dialect, a.body)
			}
		}
		me(t, s, c.expired, "unknown")
	}
}
