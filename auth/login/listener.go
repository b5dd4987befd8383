package login

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// listener waits on a loopback address for the browser.
type listener struct {
	path     string
	server   http.Server
	serving  sync.WaitGroup  // accept loops
	ended    <-chan struct{} // closed by close, and when the login's context ends
	end      context.CancelFunc
	incoming chan *response

	mu      sync.Mutex
	request *authRequest // nil: not yet expected, or already answered
}

// listen starts to listen. It sets the port of the redirect URL if that has none.
func listen(ctx context.Context, redirect *url.URL) (*listener, error) {
	ctx, end := context.WithCancel(ctx)
	l := &listener{path: redirect.Path, ended: ctx.Done(), end: end, incoming: make(chan *response)}
	hosts := []string{redirect.Hostname()}
	if net.ParseIP(hosts[0]) == nil { // localhost: browsers try both
		hosts = []string{"127.0.0.1", "::1"}
	}
	port := redirect.Port()
	if port == "" {
		port = "0"
	}
	l.server = http.Server{
		Handler:           http.HandlerFunc(l.serve),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	l.server.SetKeepAlivesEnabled(false)
	var lc net.ListenConfig
	for i, host := range hosts {
		socket, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, port))
		if err != nil && i > 0 {
			break // the first address is enough
		}
		if err != nil {
			end()
			return nil, fmt.Errorf("login: listening for the browser; choose another port: %w", err)
		}
		_, port, _ = net.SplitHostPort(socket.Addr().String())
		l.serving.Go(func() { _ = l.server.Serve(socket) })
	}
	redirect.Host = net.JoinHostPort(redirect.Hostname(), port)
	return l, nil
}

// expect accepts the response to a request from now on.
func (l *listener) expect(request *authRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.request = request
}

// responses is where the response arrives, once. It is nil for a nil listener.
func (l *listener) responses() <-chan *response {
	if l == nil {
		return nil
	}
	return l.incoming
}

// close stops listening and waits until the last page has been sent, for a second at most.
func (l *listener) close() {
	l.expect(nil)
	l.end()
	const patience = time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience) // the login's may have ended
	defer cancel()
	if l.server.Shutdown(ctx) != nil {
		_ = l.server.Close()
	}
	l.serving.Wait()
}

// serve takes the response to the request. Whatever else comes, it refuses.
func (l *listener) serve(w http.ResponseWriter, r *http.Request) {
	request := l.take(r)
	if request == nil {
		writePage(w, http.StatusNotFound, "Nothing here", "This address takes the end of one sign-in. Start again in your program.")
		return
	}
	ended := make(chan error, 1)
	response := &response{query: r.URL.Query(), finish: func(err error) { ended <- err }}
	select {
	case l.incoming <- response:
	case <-l.ended:
		return
	}
	select {
	case err := <-ended:
		writeResult(w, err)
		return
	case <-l.ended:
	}
	select {
	case err := <-ended: // both have happened
		writeResult(w, err)
	default:
		writePage(w, http.StatusGatewayTimeout, "Not signed in", "The sign-in was ended. You can close this page.")
	}
}

// writeResult shows how the login has ended.
func writeResult(w http.ResponseWriter, err error) {
	if err != nil {
		writePage(w, http.StatusBadRequest, "Not signed in",
			"The sign-in did not succeed. Your program says why. You can close this page.")
		return
	}
	writePage(w, http.StatusOK, "Signed in", "You can close this page and go back to your program.")
}

// take returns the expected request if r is the response to it, once. Requests with another state
// do not end the login: any page in the browser can send them.
func (l *listener) take(r *http.Request) *authRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	request := l.request
	if request == nil || r.Method != http.MethodGet || r.URL.Path != l.path || !request.ours(r.URL.Query()) {
		return nil
	}
	l.request = nil
	return request
}

// writePage writes a page that loads nothing, shows nothing of the request and is not kept.
func writePage(w http.ResponseWriter, status int, title, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"+
		"<title>%[1]s</title>\n<main>\n<h1>%[1]s</h1>\n<p>%[2]s</p>\n</main>\n</html>\n", title, text)
}
