package interop_test

import (
	"net/http"
	"testing"

	"github.com/coder/websocket"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
)

// TestWebSocket: the handshake is an HTTP request, so an expired token is refreshed before the
// protocol changes. What goes over the connection afterwards passes no interceptor.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	api := guard(t, server, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		kind, data, err := conn.Read(r.Context())
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Write(r.Context(), kind, append([]byte("echo: "), data...))
		_ = conn.Close(websocket.StatusNormalClosure, "")
	}))
	session := signIn(t, server, "alice", at(api.URL))
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	t.Cleanup(client.CloseIdleConnections)
	server.ExpireAccess()

	conn, resp, err := websocket.Dial(t.Context(), api.URL, &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("got %s", resp.Status)
	}
	if err := conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, data, err := conn.Read(t.Context()); err != nil || string(data) != "echo: hello" {
		t.Errorf("got %q, %v", data, err)
	}
	_ = conn.CloseNow()
	if s := server.Stats(); s.Refreshes != 1 {
		t.Errorf("%d refreshes, want 1", s.Refreshes)
	}
}
