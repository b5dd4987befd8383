package interceptor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
)

// Kind is the class of an [Error], after DioExceptionType.
type Kind uint8

// The kinds. The zero value is KindUnknown.
const (
	// KindUnknown is everything else, mostly the rejections of interceptors.
	KindUnknown Kind = iota
	// KindBadResponse is a response whose status is an error.
	KindBadResponse
	// KindConnectTimeout is a name lookup, a connection or a TLS handshake that took too long.
	KindConnectTimeout
	// KindTimeout is a deadline that passed while sending, waiting or receiving.
	KindTimeout
	// KindCanceled is a context that was canceled.
	KindCanceled
	// KindConnection is a connection that was refused, reset or closed, or a host without address.
	KindConnection
	// KindBadCertificate is a certificate that was not accepted: the server's by the client, or the
	// client's by the server.
	KindBadCertificate
)

// String returns the words that messages use.
func (k Kind) String() string {
	switch k {
	case KindBadResponse:
		return "bad response"
	case KindConnectTimeout:
		return "connect timeout"
	case KindTimeout:
		return "timeout"
	case KindCanceled:
		return "canceled"
	case KindConnection:
		return "connection failed"
	case KindBadCertificate:
		return "bad certificate"
	default:
		return "unknown error"
	}
}

// KindOf classifies err by the first *[Error] in it, else by the errors of packages context,
// crypto/tls and net. KindOf(nil) is KindUnknown.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case err == nil:
		return KindUnknown
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.Canceled):
		return KindCanceled
	case badCertificate(err):
		return KindBadCertificate
	}
	var n net.Error
	timeout := errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
	switch {
	case timeout && connecting(err):
		return KindConnectTimeout
	case timeout:
		return KindTimeout
	case connection(err):
		return KindConnection
	}
	return KindUnknown
}

func badCertificate(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid) || ourCertificate(err)
}

// ourCertificate reports whether a server refused the client's certificate, or its absence. The
// alert that says so has no exported type.
func ourCertificate(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error" && op.Err != nil &&
		strings.Contains(op.Err.Error(), "certificate")
}

func connecting(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	var dns *net.DNSError
	// net/http's handshake timeout has no exported type.
	return errors.As(err, &dns) || strings.HasSuffix(err.Error(), "TLS handshake timeout")
}

func connection(err error) bool {
	var (
		op     *net.OpError
		dns    *net.DNSError
		stream streamError
	)
	return errors.As(err, &op) || errors.As(err, &dns) || errors.As(err, &stream) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		brokenConnection(err)
}

// streamError is a target for net/http's error of an HTTP/2 stream that was reset, which turns into
// any struct with these fields.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

// Error makes it a possible target of [errors.As].
func (streamError) Error() string { return "stream reset" }
