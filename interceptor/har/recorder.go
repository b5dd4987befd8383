package har

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// Config configures what a recorder keeps. The zero value is usable.
type Config struct {
	// Redactor decides what is shown. Nil: that of the zero redact.Config.
	Redactor *redact.Redactor
	// MaxBody is how many bytes are kept of each body. Default 64 KiB; negative: none.
	MaxBody int
	// MaxEntries is how many entries are kept; each further one drops the oldest. Default 1000.
	MaxEntries int
	// MaxBytes bounds the memory of all entries together; beyond it the oldest are
	// dropped. A response that is still being read counts with the size that its kept body may
	// reach. A request that has no response yet keeps up to MaxBody in addition. Default 64 MiB.
	MaxBytes int64
	// InsecureShowSecrets records everything unchanged: tokens, cookies, passwords, bodies of every
	// type. Anyone with the file can act for the user.
	InsecureShowSecrets bool
}

const (
	defaultMaxBody    = 64 << 10
	defaultMaxEntries = 1000
	defaultMaxBytes   = 64 << 20
)

// Recorder records calls, as an [interceptor.Interceptor] or by the transports it makes. All
// methods are safe for concurrent use. The zero value keeps nothing; make one with [New], and put
// it into any number of chains.
type Recorder struct {
	maxBody int
	view    view

	memory memory

	mu     sync.Mutex
	orders uint64
	calls  uint64
}

// New returns an empty recorder. The error lists everything that is wrong with the configuration.
func New(c Config) (*Recorder, error) {
	var errs []error
	if c.MaxEntries < 0 {
		errs = append(errs, fmt.Errorf("har: Config.MaxEntries is %d; leave it 0 for the default", c.MaxEntries))
	}
	if c.MaxBytes < 0 {
		errs = append(errs, fmt.Errorf("har: Config.MaxBytes is %d; leave it 0 for the default", c.MaxBytes))
	}
	if c.InsecureShowSecrets && c.Redactor != nil {
		errs = append(errs, errors.New("har: Config has a Redactor and InsecureShowSecrets; choose one"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if c.MaxEntries == 0 {
		c.MaxEntries = defaultMaxEntries
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	return &Recorder{
		maxBody: max(c.MaxBody, 0),
		memory:  memory{maxEntries: c.MaxEntries, maxBytes: c.MaxBytes},
		view:    view{redactor: c.Redactor, everything: c.InsecureShowSecrets},
	}, nil
}

// Len returns the number of entries.
func (r *Recorder) Len() int {
	return r.memory.len()
}

// Reset drops all entries. Requests that have no response yet get theirs later.
func (r *Recorder) Reset() {
	r.memory.reset()
}

// CopyOnWrite reports true: it modifies no request in place; see package interceptor, Optional
// methods.
func (r *Recorder) CopyOnWrite() bool { return true }

// UsesRestyRequest reports whether chain.RestyRequest may be called; see package interceptor,
// Optional methods.
func (r *Recorder) UsesRestyRequest() bool { return false }

// String names the recorder in errors.
func (r *Recorder) String() string { return "har" }

// Format prints the number of entries, whatever the verb.
func (r *Recorder) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(writer{f}, "har.Recorder(%d entries)", r.Len())
}

// writer hides the other methods of a [fmt.State].
type writer struct{ io.Writer }

// LogValue returns the number of entries: package log/slog would otherwise write the whole archive.
func (r *Recorder) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("entries", r.Len()))
}

// begin makes the exchange of a request to be sent. It has no entry until it has a response.
func (r *Recorder) begin(call uint64, attempt int, cause string) *exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.orders++
	if call == 0 {
		r.calls++
		call = r.calls
	}
	return newExchange(r, origin{order: r.orders, call: call, attempt: attempt, cause: cause})
}
