// Package logging writes what a client sends and receives to a log, without the secrets in it.
//
// The log is a [log/slog.Logger]. One record is written for each attempt, when it is over: when the body of the response has been
// read to its end or closed, or when the attempt has failed. A request that is refused, the one
// sent again, and each retry have records of their own. A response whose body is neither read to
// its end nor closed has none. The message is "response", or "request failed" if there was no
// response or its body broke off; the attributes:
//
//	method, url    as sent, redacted
//	attempt        1 for the first
//	redirected     true if the request follows a redirect; otherwise absent
//	status, proto  of the response
//	duration       from the beginning of the attempt to the end of the body
//	wait           from the beginning of the attempt to the header of the response
//	sent           bytes of the request's body
//	received       bytes of the response's body, as the caller read them (decompressed, if net/http
//	               did that)
//	reused         whether the connection was used before; absent if the transport does not report it
//	kind, error    why the attempt failed, redacted
//
// [Config] adds request_headers, response_headers, request_body, response_body and curl. [With]
// adds attributes to the records of one call, [Without] leaves a call out.
//
// The record of a response without an end (text/event-stream, or a connection that changed its
// protocol) is written when its header arrives.
//
// # Usage
//
// Put it before the interceptors that send a request again:
//
//	log, err := logging.New(logging.Config{Logger: slog.Default()})
//	err = chain.New(log, retry, auth).Install(client)
//
// # Order
//
// Before auth, retry and every other interceptor that repeats requests; otherwise it does not see
// the attempts they repeat. Even there it shows the request as it was sent, with everything that
// later interceptors added. It does not see what a later interceptor makes of an error, nor a call
// that a later one resolves or rejects without interceptor.Through.
//
// # Errors
//
// [New] reports everything that is wrong with its configuration in one error. Logging changes no
// call: a handler that fails or panics loses its record and nothing else. A handler that blocks,
// blocks the caller. Bodies are counted, and the beginnings of those that are to be shown are
// copied, while the caller reads them; nothing is read ahead.
//
// # Concurrency
//
// An interceptor may serve any number of calls and chains at once. The record of a response is
// written by the goroutine that reads or closes its body. A call that a handler makes with the
// context it was given is not logged, so a handler may send records through the same client.
//
// # Security
//
// Nothing is written that package redact does not show: no credentials, no cookies, no values of
// parameters and fields that are not listed, no words in errors that look like tokens, and nothing
// in an error that repeats a secret of the request's URL or header. Attributes of your own ([With],
// [Config].Attrs) are written unchanged. Values are redacted, then cut: bodies at
// [Config].BodyLimit, all others at 4 KiB.
package logging
