// Package chain runs interceptors as the transport of an HTTP client.
//
// The client may be a resty client, an [http.Client], or anything built on one:
//
//	session, err := auth.New(auth.Config{…})
//	client := resty.New()
//	err = chain.New(logging, session).Install(client)
//
// # Order
//
// From the caller to the server, for interceptors A, B and C:
//
//	your code ── client.R().Get("/me")
//	    │
//	resty       path parameters, body, base URL, cookies, results, its own retry
//	    │       http.Client: redirects, timeout
//	    ▼
//	chain       one copy of the request, then, for every send:
//	            OnRequest   A ▶ B ▶ C ▶ base transport ▶ server
//	            OnResponse  A ▶ B ▶ C      the status is good
//	            OnError     A ▶ B ▶ C      the status is bad, or the transport failed
//
// Package interceptor documents what each callback may decide. A retry starts over with A and the
// caller's original request; [Config].MaxAttempts bounds all retries of a call. Every hop of a
// redirect is a call of its own.
//
// An interceptor that decodes bodies which others read belongs behind them in the list, and needs
// [Reverse]. In list order, package auth would look at a response before it is decoded, would not
// find the message that it looks for, and the caller would get the 401: see the example
// Config (Encoding).
//
// Cookies set by a response that a retry discards are sent with the next attempt. They reach the
// client's jar along with the response returned to the caller. If the call fails, they reach the
// jar of a client that the chain is installed in; a plain [http.Client] does not show its jar to a
// transport.
//
// # Errors
//
// An interceptor's rejection reaches the caller as an [interceptor.Error], found by [errors.As]
// through resty and [*url.Error]. The message of the [*url.Error] that net/http wraps around it
// quotes the whole URL, query included; to keep the query out of a log, log the inner error. When
// the Timeout of [http.Client] strikes, net/http may replace any error by one of its own that only
// matches [context.DeadlineExceeded]; the interceptors have seen the original.
//
// # Concurrency
//
// A [Chain] may be changed while calls run: each call keeps the list it started with. One chain may
// serve many clients. No lock is held while interceptors or transports work.
//
// # Security
//
// A header set in OnRequest goes out with every hop of a redirect, to whichever host it leads:
// [http.Client] removes its own Authorization header for another host, but not one that an
// interceptor adds below it. Look at the URL, or at Redirected, before adding a secret, as package
// auth does.
//
// # Bodies
//
// Either a response or an error reaches the caller. The caller closes the body of a response, as
// always; the body of an [interceptor.Error] holds up to 64 KiB and needs no closing. All other
// bodies are drained, within limits, and closed by the chain.
package chain
