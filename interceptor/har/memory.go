package har

import (
	"slices"
	"sync"
)

// memory holds the entries, the oldest first, within its limits of number and size.
type memory struct {
	maxEntries int
	maxBytes   int64

	mu      sync.Mutex
	list    []*exchange
	used    int64
	dropped int
}

// add appends an exchange of this size, and drops the oldest ones until there is room.
func (m *memory) add(x *exchange, size int64) {
	m.mu.Lock()
	m.list = append(m.list, x)
	x.size, x.listed = size, true
	m.used += size
	gone := m.trim()
	m.mu.Unlock()
	release(gone)
}

// resize notes the new size of an exchange, if it is still here.
func (m *memory) resize(x *exchange, size int64) {
	m.mu.Lock()
	if !x.listed {
		m.mu.Unlock()
		return
	}
	m.used += size - x.size
	x.size = size
	gone := m.trim()
	m.mu.Unlock()
	release(gone)
}

// trim removes the oldest exchanges until the rest fits. The mutex is held.
func (m *memory) trim() (gone []*exchange) {
	n := 0
	for ; n < len(m.list) && (len(m.list)-n > m.maxEntries || m.used > m.maxBytes); n++ {
		m.used -= m.list[n].size
		m.list[n].listed = false
	}
	if n == 0 {
		return nil
	}
	gone = slices.Clone(m.list[:n])
	m.list = slices.Delete(m.list, 0, n)
	m.dropped += n
	return gone
}

// release has exchanges that are not written any more keep nothing.
func release(gone []*exchange) {
	for _, x := range gone {
		x.release()
	}
}

func (m *memory) reset() {
	m.mu.Lock()
	gone := m.list
	for _, x := range gone {
		x.listed = false
	}
	m.list, m.used, m.dropped = nil, 0, 0
	m.mu.Unlock()
	release(gone)
}

func (m *memory) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.list)
}

func (m *memory) snapshot() (list []*exchange, dropped int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.list), m.dropped
}

// sizeOf estimates the memory of an entry: its text, and a little for each string.
func sizeOf(e *entry) int64 {
	const base, perField = 1 << 10, 64
	n := base + len(e.Request.URL) + len(e.Response.StatusText) + len(e.Response.RedirectURL) + len(e.Response.Error) +
		len(e.Response.Content.Text) + len(e.Response.Content.MimeType)
	for _, list := range [][]pair{e.Request.Headers, e.Request.QueryString, e.Response.Headers} {
		for _, p := range list {
			n += perField + len(p.Name) + len(p.Value)
		}
	}
	for _, list := range [][]cookie{e.Request.Cookies, e.Response.Cookies} {
		for _, c := range list {
			n += 2*perField + len(c.Name) + len(c.Value) + len(c.Path) + len(c.Domain)
		}
	}
	if p := e.Request.PostData; p != nil {
		n += len(p.Text) + len(p.MimeType)
		for _, q := range p.Params {
			n += 2*perField + len(q.Name) + len(q.Value) + len(q.FileName) + len(q.ContentType)
		}
	}
	return int64(n)
}
