package idp_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/login"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
)

// secret is the client secret with every character that clients get wrong.
const secret = "s3cr+t/ %&=:~"

// clientIDs are the clients that both providers know: one for each way to authenticate.
var clientIDs = []string{"public", "basic", "post", "pkjwt"}

// provider is a running identity provider.
type provider struct {
	*login.Provider

	name    string
	process *os.Process
	visit   func(ctx context.Context, url string) error // a browser with a user who agrees
	scopes  []string
	key     *ecdsa.PrivateKey // of the client pkjwt
}

// client returns one of the provider's clients.
func (p *provider) client(t *testing.T, id string) login.Client {
	t.Helper()
	c := login.Client{Provider: *p.Provider, ID: id, Scopes: p.scopes}
	if strings.HasPrefix(p.name, "oidc") { // it issues a refresh token for offline_access only with consent
		c.Params = map[string][]string{"prompt": {"consent"}}
	}
	switch id {
	case "basic", "post":
		c.Secret, c.AuthStyle = secret, styleOf(id)
	case "dpop":
		c.Secret = "dpop-secret"
	case "pkjwt":
		var err error
		if c.Assertion, err = login.PrivateKeyJWT(id, "k1", p.key); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// jwks returns the public half of a key as a client registers it.
func jwks(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","kid":"k1","alg":"ES256","use":"sig","x":%q,"y":%q}]}`,
		encode(point[1:33]), encode(point[33:]))
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// startOIDC starts oidc-provider, whose access tokens live ttl seconds.
func startOIDC(t *testing.T, ttl int, nonce bool) *provider {
	t.Helper()
	dir := oidcProviderDir(t)
	node, err := exec.LookPath("node")
	if err != nil {
		unavailable(t, "%v", err)
	}
	key := newKey(t)
	port := freePorts(t, 1)[0]
	issuer := local(port)
	env := []string{fmt.Sprintf("PORT=%d", port), fmt.Sprintf("TTL=%d", ttl), "JWKS=" + jwks(t, key)}
	if nonce {
		env = append(env, "NONCE=1")
	}
	process := start(t, dir, env, issuer+"/.well-known/openid-configuration", node, "server.mjs")
	p, err := login.Discover(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	return &provider{
		Provider: p, name: "oidc-provider", process: process, key: key, scopes: []string{"openid", "offline_access"},
		visit: func(ctx context.Context, url string) error { return newBrowser().sign(ctx, url) },
	}
}

// startHydra starts Ory Hydra, with a login and consent app that agrees.
func startHydra(t *testing.T, ttl int) *provider {
	t.Helper()
	binary := hydraBinary(t)
	ports := freePorts(t, 2)
	issuer, admin := local(ports[0]), local(ports[1])
	app := httptest.NewServer(consent(admin + "/admin"))
	t.Cleanup(app.Close)
	// A real database: in memory, SQLite does not wait for the lock of a table, and Hydra refuses a
	// refresh that meets 50 calls of /userinfo as invalid_request, "please retry".
	database := testserver.PostgresURL(testserver.Postgres(t).Addr)
	config := fmt.Sprintf(`
serve:
  public: {port: %d, host: 127.0.0.1}
  admin: {port: %d, host: 127.0.0.1}
dsn: %s
urls:
  self: {issuer: %s}
  login: %s/login
  consent: %s/consent
secrets: {system: [a-secret-of-the-tests-long-enough]}
ttl: {access_token: %ds, refresh_token: 1h, id_token: 5m, auth_code: 1m}
log: {level: warn}
`, ports[0], ports[1], database, issuer, app.URL, app.URL, ttl)
	file := filepath.Join(t.TempDir(), "hydra.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), "", binary, "migrate", "sql", "up", "--read-from-env", "--yes", "-c", file); err != nil {
		t.Fatal(err)
	}
	process := start(t, "", nil, admin+"/health/ready", binary, "serve", "all", "--dev", "--sqa-opt-out", "-c", file)
	key := newKey(t)
	for _, id := range clientIDs {
		registerHydra(t, admin+"/admin/clients", id, key)
	}
	p, err := login.Discover(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	return &provider{
		Provider: p, name: "hydra", process: process, key: key, scopes: []string{"openid", "offline_access"},
		visit: func(ctx context.Context, url string) error { return newBrowser().sign(ctx, url) },
	}
}

// registerHydra makes a client over the admin API.
func registerHydra(t *testing.T, endpoint, id string, key *ecdsa.PrivateKey) {
	t.Helper()
	client := map[string]any{
		"client_id": id, "redirect_uris": []string{"http://127.0.0.1/callback"}, "response_types": []string{"code"},
		"scope": "openid offline_access", "grant_types": []string{"authorization_code", "refresh_token", "client_credentials"},
	}
	switch id {
	case "public":
		client["token_endpoint_auth_method"] = "none"
	case "pkjwt":
		client["token_endpoint_auth_method"], client["token_endpoint_auth_signing_alg"] = "private_key_jwt", "ES256"
		client["jwks"] = json.RawMessage(jwks(t, key))
	default:
		client["token_endpoint_auth_method"], client["client_secret"] = "client_secret_"+id, secret
	}
	body, err := json.Marshal(client)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("registering %s: status %d", id, resp.StatusCode)
	}
}
