package logging

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
	"github.com/chatelaine-go/chatelaine/internal/escape"
)

// maxValue limits what is shown of a value, after redaction. Before it, package redact has limits.
const maxValue = 4 << 10

// announce writes the record of a beginning.
func (a *attempt) announce() {
	defer contain()
	ctx := a.context()
	o := Outcome{Attempt: a.number}
	if level, ok := a.log.enabled(ctx, o); ok {
		a.emit(ctx, level, "request", a.describe(nil))
	}
}

// write writes the record of an outcome.
func (a *attempt) write(o Outcome) {
	defer contain()
	o = a.outcome(o)
	ctx := a.context()
	level, ok := a.log.enabled(ctx, o)
	if !ok {
		return
	}
	attrs := a.known
	if attrs == nil {
		attrs = append(a.line(), attrsOf(ctx)...)
	}
	attrs = append(attrs, slog.Duration("duration", o.Duration), slog.Int64("sent", a.sentBytes()))
	if a.received != nil {
		got := a.received.State()
		attrs = append(attrs, slog.Int64("received", got.Size))
		attrs = a.appendBody(attrs, "response_body", a.media, got.Kept)
	}
	if c := a.conn.Load(); c != 0 {
		attrs = append(attrs, slog.Bool("reused", c == connReused))
	}
	message := "response"
	if o.Err != nil {
		message = "request failed"
		attrs = append(attrs, slog.String("kind", o.Kind.String()), slog.String("error", a.errorText(o.Err)))
	}
	a.emit(ctx, level, message, attrs)
}

// context is that of the request, without its end, since handlers may look at that, and such that a
// call made with it is not logged.
func (a *attempt) context() context.Context {
	return context.WithoutCancel(Without(a.req.Context()))
}

func (a *attempt) emit(ctx context.Context, level slog.Level, message string, attrs []slog.Attr) {
	r := slog.NewRecord(time.Now(), level, message, 0)
	r.AddAttrs(attrs...)
	_ = a.log.config.Logger.Handler().Handle(ctx, r)
}

// line are the attributes that every record has.
func (a *attempt) line() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("method", cmp.Or(a.req.Method, http.MethodGet)),
		slog.String("url", escape.Cut(a.log.config.Redactor.URL(a.req.URL), maxValue)),
		slog.Int("attempt", a.number),
	}
	if a.req.Redirected() {
		attrs = append(attrs, slog.Bool("redirected", true))
	}
	if a.status != 0 {
		attrs = append(attrs, slog.Int("status", a.status), slog.String("proto", a.proto), slog.Duration("wait", a.wait))
	}
	return attrs
}

// describe are the attributes that are known when the response is there. The headers belong to the
// caller afterwards, so they are read now.
func (a *attempt) describe(response http.Header) []slog.Attr {
	c := &a.log.config
	attrs := append(a.line(), attrsOf(a.req.Context())...)
	if c.Attrs != nil {
		attrs = append(attrs, c.Attrs(a.req)...)
	}
	if c.Headers {
		attrs = append(attrs, headers("request_headers", c.Redactor.Header(a.req.Header)))
		if response != nil {
			attrs = append(attrs, headers("response_headers", c.Redactor.Header(response)))
		}
	}
	body, whole := a.sentBody()
	attrs = a.appendBody(attrs, "request_body", a.req.Header.Get("Content-Type"), body)
	if c.Curl {
		attrs = append(attrs, slog.String("curl", escape.Cut(curl(c.Redactor, a.req.Request, body, whole), maxValue+4*c.BodyLimit)))
	}
	return attrs
}

func (a *attempt) appendBody(attrs []slog.Attr, key, contentType string, kept []byte) []slog.Attr {
	if len(kept) == 0 {
		return attrs
	}
	return append(attrs, slog.String(key, escape.Cut(a.log.config.Redactor.Body(contentType, kept), a.log.config.BodyLimit)))
}

func (a *attempt) sentBytes() int64 {
	if a.sent != nil {
		return a.sent.State().Size
	}
	return max(a.req.ContentLength, 0)
}

// sentBody is what was kept of the request's body, and whether that is all of it.
func (a *attempt) sentBody() (kept []byte, whole bool) {
	if a.sent == nil {
		return nil, a.req.Body == nil || a.req.Body == http.NoBody
	}
	s := a.sent.State()
	return s.Kept, s.Size == int64(len(s.Kept)) && (a.req.ContentLength <= 0 || s.Size == a.req.ContentLength)
}

// errorText is the message of an error, without what request and response hold that is not shown.
func (a *attempt) errorText(err error) string {
	r := a.log.config.Redactor
	return escape.Cut(r.Text(err.Error(), r.Secrets(a.req.URL, a.req.Header)...), maxValue)
}

func headers(key string, h http.Header) slog.Attr {
	attrs := make([]slog.Attr, 0, len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		attrs = append(attrs, slog.String(name, escape.Cut(strings.Join(h[name], ", "), maxValue)))
	}
	return slog.Attr{Key: key, Value: slog.GroupValue(attrs...)}
}

// showable reports whether bodies with this header are shown.
func showable(h http.Header) bool {
	if encoding := h.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return false
	}
	contentType := h.Get("Content-Type")
	media, _, _ := strings.Cut(contentType, ";")
	return redact.IsJSON(contentType) || strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}
