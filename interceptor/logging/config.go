package logging

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// MaxBodyLimit is the highest [Config].BodyLimit, 1 MiB.
const MaxBodyLimit = 1 << 20

// Config configures what is written, and where. Logger is required; the zero value of every other
// field is a default.
type Config struct {
	// Logger is where the records go. Required.
	Logger *slog.Logger
	// Level is the level of an attempt's record. It may be called by multiple goroutines at once.
	// Nil: [DefaultLevel].
	Level func(Outcome) slog.Level
	// Redactor decides what is shown. Nil: that of the zero redact.Config.
	Redactor *redact.Redactor
	// Attrs are further attributes for the records of a request, such as its id. They are not
	// redacted. Nil: none.
	Attrs func(*interceptor.Request) []slog.Attr
	// Requests adds a record "request" when an attempt begins. It shows the request of that moment:
	// before auth, unsigned.
	Requests bool
	// Headers adds the headers of request and response.
	Headers bool
	// BodyLimit adds the bodies, if they are JSON or forms and not compressed: at most this many
	// bytes of each, up to [MaxBodyLimit]. Default 0: no bodies.
	BodyLimit int
	// Curl adds the request as a command line, as [Curl] renders it; with a body if BodyLimit is
	// enough for it.
	Curl bool
}

func (c *Config) check() error {
	var errs []error
	if c.Logger == nil {
		errs = append(errs, errors.New("logging: Config.Logger is required; slog.New makes one"))
	}
	if c.BodyLimit < 0 || c.BodyLimit > MaxBodyLimit {
		errs = append(errs, fmt.Errorf("logging: Config.BodyLimit is %d; it goes from 0 to %d", c.BodyLimit, MaxBodyLimit))
	}
	return errors.Join(errs...)
}
