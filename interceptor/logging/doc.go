// Package logging writes what a client sends and gets to a [log/slog.Logger], without the secrets in it.
//
//	log, err := logging.New(logging.Config{Logger: slog.Default()})
//	err = chain.New(log, retry, auth).Install(client)
//
// # What is written
//
// One record for each attempt, when it is over: when the body of the response has been read to its end or closed (without
// either there is no record), or the attempt has failed. So a refused request, the one sent again, and each retry have
// a record of their own. The message is "response", or "request failed" if there was none or its body broke off; the
// attributes:
//
//	method, url    as sent, redacted
//	attempt        1 for the first
//	redirected     true if the request follows a redirect; else left out
//	status, proto  of the response
//	duration       from the beginning of the attempt to the end of the body
//	wait           from the beginning of the attempt to the header of the response
//	sent           bytes of the request's body
//	received       bytes of the response's body, as the caller read them (decompressed, if net/http did that)
//	reused         whether the connection was used before; left out under transports that do not tell
//	kind, error    why the attempt failed, redacted
//
// and, if [Config] wants them, request_headers, response_headers, request_body, response_body and curl. [With] adds
// attributes to the records of one call, [Without] leaves a call out.
//
// The end of an endless body, text/event-stream, is not waited for, nor that of a connection that changed its protocol: their
// records come with the header.
//
// # What is not written
//
// Nothing that package redact does not show: credentials, cookies, values of parameters and fields that are not listed,
// words in errors that look like tokens, and what an error repeats of the secrets in the request's URL and header. Attributes
// of your own ([With], [Config].Attrs) are written as they are. Values are redacted, then cut: bodies
// at [Config].BodyLimit, all others at 4 KiB.
//
// # Order
//
// Before auth, retry and whatever else repeats requests: what an interceptor before it repeats in OnError does not get to
// it. It shows the request as it was sent nevertheless, with all that others put on it. It does not see what
// an interceptor behind it makes of an error, nor a call that one of them answers or rejects without interceptor.Through.
//
// # It is an observer
//
// It changes no call. A handler that panics, or fails, loses its record and nothing else; one that blocks, blocks the
// caller. Bodies are counted, and the beginnings of those that are to be shown are copied, while the caller reads them;
// nothing is read ahead. A call that a handler makes with the context it was given is not logged, so that a handler that
// sends records through the same client comes to an end.
//
// # Concurrency
//
// An interceptor may serve any number of calls and chains at once. The record of a response is written by whoever reads or
// closes its body.
package logging
