// Package interceptor defines what an interceptor of HTTP calls sees and decides.
//
// An interceptor has three callbacks. Each gets a handler, and returns a verdict that one of the
// handler's methods made:
//
//	type stamp struct{ interceptor.Base }
//
//	func (stamp) OnRequest(
//		req *interceptor.Request, h interceptor.RequestHandler,
//	) interceptor.Verdict {
//		req.Header.Set("X-Client", "chatelaine")
//		return h.Next(req)
//	}
//
// The package depends on the standard library only, so an interceptor written for it runs under
// resty, net/http or any client with a transport. Package chain runs interceptors; packages auth,
// retry, logging and others provide some.
//
// # Order
//
// For a list A, B, C, all three phases run in list order, as in Dio (package chain can reverse the
// last two):
//
//	OnRequest   A ▶ B ▶ C ▶ transport ▶ server
//	OnResponse  A ▶ B ▶ C      the status is good
//	OnError     A ▶ B ▶ C      the status is bad, or the transport failed
//
// What B decides:
//
//	in OnRequest    Next              C, then the transport
//	                Resolve           the caller gets the response; nothing else runs
//	                Resolve, Through  OnResponse of A, B and C, then the caller
//	                Reject            the caller gets the error; nothing else runs
//	                Reject, Through   OnError of A, B and C, then the caller
//	in OnResponse   Next              OnResponse of C, then the caller
//	                Resolve           the caller gets the response; C does not see it
//	                Reject            the caller gets the error; no OnError runs
//	                Reject, Through   OnError of A, B and C, then the caller
//	                Retry             the caller's original request again, from A
//	in OnError      Next              OnError of C, then the caller
//	                Resolve           the caller gets the response; no OnResponse runs
//	                Reject            the caller gets the error; C does not see it
//	                Retry             the caller's original request again, from A
//
// A response given to Resolve is a success whatever its status. A canceled context reaches every
// OnError, and nothing is retried after it.
//
// # Errors
//
// Next and Reject take any error. One that is not an *[Error] is wrapped in one, so the caller
// finds its own type with [errors.As], together with the [Kind], the request and the response.
// A panic reaches the caller of the client.
//
// # Concurrency
//
// Callbacks of different calls run at the same time, on the goroutines of the callers; those of one
// call run one after the other. Request, Response and Error belong to their call. [Queued] is for
// an interceptor that must see one call at a time.
//
// # Security
//
// A header that OnRequest adds goes out on every hop of a redirect, to whichever host it leads; see
// package chain. Messages of an [Error] hold no header, body or query.
//
// # Bodies
//
// The chain closes every body that does not reach the caller. An interceptor that replaces a body
// with one that reads from it closes the inner one along with the outer. [Response.Peek] looks at
// the start of a body; [Response.Release] frees the connection of a response before a wait.
//
// # Optional methods
//
// Package chain looks for these methods of an interceptor, also behind an Unwrap method such as
// that of [Queued]:
//
//	OnDone(…)                a Finisher: the call is over
//	OnTransport(…)           a TransportUser: the transport beneath the chain
//	BaseURL() string         the base URL for a client without one
//	CopyOnWrite() bool       true: it replaces the URL and header values, and writes into neither
//	UsesRestyRequest() bool  false: it never calls chain.RestyRequest
//
// Every send has its own copy of the request. An interceptor whose CopyOnWrite returns true
// promises not to write into the URL or into a slice of header values, but to replace them:
// Header.Set, not Header.Add. Where all interceptors of a chain promise it, the chain copies
// neither, which saves 160 bytes and about a fifth of the chain's time (docs/benchmarks.md). The
// interceptors of this module do.
//
// Under resty, the request that chain.RestyRequest returns is carried in a context, which costs one
// or two allocations per call. If UsesRestyRequest returns false for every interceptor, the chain
// omits it. An interceptor without that method is assumed to use it.
package interceptor
