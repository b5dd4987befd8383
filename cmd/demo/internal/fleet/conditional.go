package fleet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// maxEntry bounds an entry of the embedded store.
const maxEntry = 1 << 20

// conditional is a small store over HTTP: GET returns an ETag, PUT wants If-Match with it, or
// If-None-Match: * for a new entry (RFC 9110 §13.1).
type conditional struct {
	mu      sync.Mutex
	entries map[string][]byte
	tags    map[string]int
	writes  int
}

func serveConditional() (base string, server *http.Server, err error) {
	return serve(&conditional{entries: make(map[string][]byte), tags: make(map[string]int)})
}

func (s *conditional) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("key")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEntry))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	present := ""
	if n := s.tags[key]; n > 0 {
		present = strconv.Quote(strconv.Itoa(n))
	}
	switch {
	case r.Method == http.MethodGet && present == "":
		http.NotFound(w, r)
	case r.Method == http.MethodGet:
		w.Header().Set("ETag", present)
		_, _ = w.Write(s.entries[key])
	case r.Method != http.MethodPut:
		http.Error(w, "GET or PUT", http.StatusMethodNotAllowed)
	case r.Header.Get("If-Match") != present || (present == "" && r.Header.Get("If-None-Match") != "*"):
		http.Error(w, "the entry is another one", http.StatusPreconditionFailed)
	default:
		s.writes++
		s.entries[key], s.tags[key] = body, s.writes
		w.WriteHeader(http.StatusNoContent)
	}
}

// httpKV is the client of a conditional store: a lease.KV.
type httpKV struct {
	url    string
	client *http.Client
}

// OpenHTTP is the Opener of the embedded store.
func OpenHTTP(_ context.Context, base string, leaseTTL time.Duration) (Store, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 32, MaxConnsPerHost: 32}
	return lease.New(lease.Config{Backend: lease.CAS(httpKV{base, &http.Client{Transport: transport}}), TTL: leaseTTL})
}

// Get implements lease.KV.
func (k httpKV) Get(ctx context.Context, key string) (entry []byte, tag string, err error) {
	resp, err := k.do(ctx, http.MethodGet, key, nil, nil)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
		entry, err = io.ReadAll(io.LimitReader(resp.Body, maxEntry))
		return entry, resp.Header.Get("ETag"), err
	case http.StatusNotFound:
		return nil, "", nil
	default:
		return nil, "", fmt.Errorf("the store: %s", resp.Status)
	}
}

// Put implements lease.KV.
func (k httpKV) Put(ctx context.Context, key string, entry []byte, tag string) error {
	condition := http.Header{"If-Match": {tag}}
	if tag == "" {
		condition = http.Header{"If-None-Match": {"*"}}
	}
	resp, err := k.do(ctx, http.MethodPut, key, entry, condition)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusNoContent:
		return nil
	case http.StatusPreconditionFailed:
		return lease.ErrConflict
	default:
		return fmt.Errorf("the store: %s", resp.Status)
	}
}

func (k httpKV) do(ctx context.Context, method, key string, body []byte, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, k.url+"/?key="+url.QueryEscape(key), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, header)
	return k.client.Do(req)
}
