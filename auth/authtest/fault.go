package authtest

import (
	"maps"
	"net/http"
)

// fault is something that goes wrong for the next left requests.
type fault struct {
	left   int // negative: until cleared
	status int
	header http.Header
	body   []byte
	drop   bool
}

// write gives the answer of the fault.
func (f *fault) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), f.header)
	writeBody(w, f.status, f.body)
}

// newFault returns an answer. What is no final status becomes 500.
func newFault(n, status int, header http.Header, body string) fault {
	if status < 200 || status > 599 {
		status = http.StatusInternalServerError
	}
	return fault{left: n, status: status, header: header.Clone(), body: []byte(body)}
}

// next takes the first fault of a queue off by one.
func next(queue *[]fault) *fault {
	if len(*queue) == 0 {
		return nil
	}
	f := (*queue)[0]
	f.left--
	if f.left == 0 {
		*queue = (*queue)[1:]
	} else {
		(*queue)[0].left = f.left
	}
	return &f
}

// FailRefresh answers the next n refresh requests, of both dialects, with this status, header and
// body; no token is spent by them. Calls queue up, together with those of
// [Server.DropAfterRotate]. A negative n fails every request from there on, and n == 0 clears the
// queue. The header may be nil; without a Content-Type it is taken from the body. A status outside
// of 200 to 599 becomes 500.
func (s *Server) FailRefresh(n, status int, header http.Header, body string) {
	s.mu.Lock()
	defer s.unlock()
	enqueue(&s.refreshFaults, newFault(n, status, header, body))
}

// FailAPI answers the next n requests to the API as [Server.FailRefresh] does for refreshes,
// whatever credentials they carry.
func (s *Server) FailAPI(n, status int, header http.Header, body string) {
	s.mu.Lock()
	defer s.unlock()
	enqueue(&s.apiFaults, newFault(n, status, header, body))
}

// DropAfterRotate lets the next n refreshes take effect and cuts the connection in place of the
// answer, so that the client never learns its new tokens. Refreshes that are refused do not count.
// It queues up with [Server.FailRefresh], with the same meaning of n.
func (s *Server) DropAfterRotate(n int) {
	s.mu.Lock()
	defer s.unlock()
	enqueue(&s.refreshFaults, fault{left: n, drop: true})
}

func enqueue(queue *[]fault, f fault) {
	if f.left == 0 {
		*queue = nil
		return
	}
	*queue = append(*queue, f)
}
