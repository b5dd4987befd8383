package interop_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	mcpauth "github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
)

// mcpServer starts an MCP server that demands tokens, with a tool that greets.
func mcpServer(t *testing.T, server *authtest.Server) string {
	t.Helper()
	type name struct {
		Name string `json:"name"`
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "greeter", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "greet"}, func(_ context.Context, _ *mcp.CallToolRequest, in name) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "hello, " + in.Name}}}, nil, nil
	})
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s },
		&mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	return guard(t, server, handler).URL
}

func mcpConnect(t *testing.T, transport *mcp.StreamableClientTransport) *mcp.ClientSession {
	t.Helper()
	transport.DisableStandaloneSSE = true
	session, err := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil).Connect(t.Context(), transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

func greet(t *testing.T, session *mcp.ClientSession) error {
	t.Helper()
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "greet", Arguments: map[string]any{"name": "ada"}})
	if err != nil {
		return err
	}
	if text, ok := result.Content[0].(*mcp.TextContent); !ok || text.Text != "hello, ada" {
		t.Errorf("got %+v", result.Content[0])
	}
	return nil
}

// TestMCP_httpClient: the first hook, the HTTP client. The chain does everything; the SDK sees no
// 401.
func TestMCP_httpClient(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	endpoint := mcpServer(t, server)
	session := signIn(t, server, "alice", at(endpoint))
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	t.Cleanup(client.CloseIdleConnections)
	agent := mcpConnect(t, &mcp.StreamableClientTransport{Endpoint: endpoint, HTTPClient: client})
	server.ExpireAccess()
	if err := greet(t, agent); err != nil {
		t.Fatal(err)
	}
	if s := server.Stats(); s.Refreshes != 1 {
		t.Errorf("%d refreshes, want 1", s.Refreshes)
	}
}

// oauthHandler is the second hook: the SDK signs with the session's tokens, and asks for help when
// one is refused.
type oauthHandler struct {
	session *auth.Interceptor
	login   func(context.Context) error // of the program: auth/login, for instance
}

// TokenSource returns the token source of the session.
func (h oauthHandler) TokenSource(ctx context.Context) (oauth2.TokenSource, error) {
	return h.session.TokenSource(ctx), nil
}

// Authorize renews the refused token, or has the user sign in if the session has ended.
func (h oauthHandler) Authorize(ctx context.Context, req *http.Request, resp *http.Response) error {
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		return errors.New("another token would not help")
	}
	refused := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	_, err := h.session.Renew(ctx, auth.Token{AccessToken: refused})
	if errors.Is(err, auth.ErrLoginRequired) || errors.Is(err, auth.ErrInvalidGrant) {
		return h.login(ctx)
	}
	return err
}

var _ mcpauth.OAuthHandler = oauthHandler{}

// TestMCP_oauthHandler: a refused token is renewed, and where the session is over the user signs
// in.
func TestMCP_oauthHandler(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	endpoint := mcpServer(t, server)
	session := signIn(t, server, "alice", at(endpoint))
	logins := 0
	agent := mcpConnect(t, &mcp.StreamableClientTransport{
		Endpoint: endpoint,
		OAuthHandler: oauthHandler{session: session, login: func(ctx context.Context) error {
			logins++
			pair := server.Issue("alice")
			return session.Login(ctx, auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken, Expiry: pair.Expiry})
		}},
	})
	server.ExpireAccess()
	if err := greet(t, agent); err != nil {
		t.Fatal(err)
	}
	if s := server.Stats(); s.Refreshes != 1 || logins != 0 {
		t.Errorf("%d refreshes, %d logins; want 1 and 0", s.Refreshes, logins)
	}
	server.RevokeAll() // the refusal ends the session, the login begins a new one
	if err := greet(t, agent); err != nil {
		t.Fatal(err)
	}
	if err := session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := greet(t, agent); err != nil { // the SDK asks unsigned, is refused, and calls Authorize
		t.Fatal(err)
	}
	if logins != 2 {
		t.Errorf("%d logins, want 2", logins)
	}
}
