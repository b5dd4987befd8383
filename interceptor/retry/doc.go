// Package retry sends a call again that failed for the moment: the connection broke, the server was busy.
//
//	again, err := retry.New(retry.Config{})
//	err = chain.New(again, auth).Install(client)
//
// # What is repeated
//
// A failure that may pass:
//
//	transport   the connection failed, or took too long, or the transport's own time ran out
//	status      408, 429, 502, 503, 504
//
// of a request that may be sent twice:
//
//	GET HEAD OPTIONS TRACE PUT DELETE   idempotent by RFC 9110 §9.2.2
//	any with an Idempotency-Key         the server recognizes the repetition; see interceptor/idempotency
//	any that never left                 no connection came about, so nobody has seen it
//	any with the context of Always      the caller knows
//
// What another interceptor decided is not repeated ([interceptor.Error] says how that is told), above all no error of
// package auth: retrying does not bring a session back. Nor is a call whose context is done or that of [Never], or
// whose body cannot be replayed.
//
// # How long it waits
//
// A random time between nothing and [Config].BaseDelay, which doubles with every retry up to MaxDelay ("full jitter": a crowd
// of clients that failed together does not come back together). If the server says Retry-After, in seconds or as a date,
// that and up to BaseDelay more; if it asks for more than MaxRetryAfter, or than the context or MaxElapsed leave, there is no
// retry, and the response with its Retry-After goes to the caller at once.
//
// # How often
//
// MaxRetries bounds one call, and so does the chain's own MaxAttempts, which counts the retries of all interceptors. A
// [Budget] bounds all calls to one host together: when the host is down for everyone, retries dry up instead of
// multiplying the load.
//
// # Order
//
// Before or behind auth, both work: a 503 is this package's business and a 401 is auth's, in any sequence. A logger goes
// before it, or it does not see the attempts that are repeated. Resty's own SetRetryCount repeats the whole call, all
// attempts included; use one of the two.
//
// # Concurrency
//
// An interceptor may serve any number of calls, clients and chains at once; its budget is shared by them.
package retry
