package otel

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/escape"
)

// description is what is known of a request before it is sent.
type description struct {
	name     string
	traced   []attribute.KeyValue
	measured []attribute.KeyValue // those with few values
}

func (i *Instrumentation) describe(req *interceptor.Request) description {
	method, word := methodOf(req.Method)
	host, port := serverOf(req.URL)
	d := description{name: word, measured: []attribute.KeyValue{method, semconv.ServerAddress(host), semconv.ServerPort(port)}}
	if t := templateOf(req.Context()); t != "" && !req.Redirected() {
		d.name += " " + t
		d.measured = append(d.measured, semconv.URLTemplate(t))
	}
	d.traced = append(slices.Clone(d.measured), semconv.URLFull(escape.Cut(i.redactor.URL(req.URL), maxValue)))
	d.measured = append(d.measured, semconv.URLScheme(req.URL.Scheme))
	if method == semconv.HTTPRequestMethodOther {
		d.traced = append(d.traced, semconv.HTTPRequestMethodOriginal(i.redactor.Name(req.Method)))
	}
	if n := i.resends(req); n > 0 {
		d.traced = append(d.traced, semconv.HTTPRequestResendCount(n))
	}
	return d
}

// resends counts how often the call has been sent before.
func (i *Instrumentation) resends(req *interceptor.Request) int {
	if c := i.callOf(req.Context()); c != nil {
		return int(c.sends.Add(1) - 1)
	}
	return req.Attempt() - 1
}

// methodOf returns the attribute of a method, and the word that stands for it in names.
func methodOf(method string) (attribute.KeyValue, string) {
	switch method {
	case "":
		return semconv.HTTPRequestMethodGet, http.MethodGet
	case http.MethodConnect, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPatch,
		http.MethodPost, http.MethodPut, http.MethodTrace, "QUERY":
		return semconv.HTTPRequestMethodKey.String(method), method
	default:
		return semconv.HTTPRequestMethodOther, "HTTP"
	}
}

// serverOf returns host and port of a URL.
func serverOf(u *url.URL) (host string, port int) {
	if n, err := strconv.Atoi(u.Port()); err == nil {
		return u.Hostname(), n
	}
	if u.Scheme == "http" {
		return u.Hostname(), 80
	}
	return u.Hostname(), 443
}

// failed reports whether a status is an error, for a client.
func failed(status int) bool { return status >= http.StatusBadRequest }

// describeResponse returns the attributes of a response.
func describeResponse(resp *http.Response) []attribute.KeyValue {
	list := []attribute.KeyValue{semconv.HTTPResponseStatusCode(resp.StatusCode)}
	if version, ok := strings.CutPrefix(resp.Proto, "HTTP/"); ok {
		list = append(list, semconv.NetworkProtocolVersion(strings.TrimSuffix(version, ".0")))
	}
	if failed(resp.StatusCode) {
		list = append(list, semconv.ErrorTypeKey.String(strconv.Itoa(resp.StatusCode)))
	}
	return list
}

// errorType is the kind of an error: timeout, canceled, connection_failed; or the Go type of the
// cause.
func errorType(err error) attribute.KeyValue {
	kind := interceptor.KindOf(err)
	if e, ok := errors.AsType[*interceptor.Error](err); ok && e.Err != nil {
		err = e.Err
	} else if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if kind == interceptor.KindUnknown || kind == interceptor.KindBadResponse {
		return semconv.ErrorType(err)
	}
	return semconv.ErrorTypeKey.String(strings.ReplaceAll(kind.String(), " ", "_"))
}
