// Package retry repeats calls that failed for a passing reason: the connection broke, the server
// was busy.
//
// A failure that may pass is repeated:
//
//	transport   the connection failed, or took too long, or the transport's own time ran out
//	status      408, 429, 502, 503, 504
//
// if the request may be sent twice:
//
//	GET HEAD OPTIONS TRACE PUT DELETE   idempotent by RFC 9110, section 9.2.2
//	any with an Idempotency-Key         the server recognizes the repetition; see interceptor/idempotency
//	any that was not sent               there was no connection, so no server has seen it
//	any with the context of Always      the caller knows
//
// An error that another interceptor decided on is not repeated (see
// [interceptor.Error.FromTransport]), above all no error of package auth: retrying does not bring a
// session back. A call is not repeated either if its context is done or comes from [Never], or if
// its body cannot be replayed.
//
// The wait is a random time between zero and [Config].BaseDelay, which doubles with every retry up
// to MaxDelay ("full jitter": clients that failed together do not come back together). If the
// server sends Retry-After, in seconds or as a date, the wait is that time and up to BaseDelay
// more. If the server asks for more than MaxRetryAfter, or than the context or MaxElapsed leave,
// there is no retry, and the response with its Retry-After goes to the caller at once.
//
// MaxRetries bounds one call, and so does the chain's own MaxAttempts, which counts the retries of
// all interceptors. A [Budget] bounds all calls to one host together: when the host is down for
// everyone, retries dry up instead of multiplying the load.
//
// # Usage
//
// The zero Config has the defaults named above:
//
//	again, err := retry.New(retry.Config{})
//	err = chain.New(again, auth).Install(client)
//
// # Order
//
// Before or behind auth, both work: this package handles a 503 and auth a 401, in any sequence. A
// logger goes before it, or it does not see the attempts that are repeated. Resty's own
// SetRetryCount repeats the whole call, all attempts included; use one of the two.
//
// # Errors
//
// [New] reports everything that is wrong with its configuration in one error. When there is no
// further retry, the caller gets the last failure unchanged.
//
// # Concurrency
//
// An interceptor may serve any number of calls, clients and chains at once; they share its budget.
//
// # Security
//
// A request that is sent twice may take effect twice. Without [Always], ShouldRetry or Methods of
// your own, only requests that HTTP declares safe to repeat are.
package retry
