// Package interceptor is the contract between a chain and its interceptors: what an interceptor sees and may decide.
//
// An interceptor has three callbacks. Each gets a handler, and returns what one of the handler's methods made:
//
//	type stamp struct{ interceptor.Base }
//
//	func (stamp) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
//		req.Header.Set("X-Client", "chatelaine")
//		return h.Next(req)
//	}
//
// The package knows only the standard library, so an interceptor written for it runs under resty, net/http or any
// client with a transport. Package chain runs interceptors; packages auth, retry, logging and others hold some.
//
// # Order
//
// For a list A, B, C, all three phases run in list order, as in Dio (package chain can reverse the last two):
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
// A response given to Resolve is a success whatever its status. A canceled context reaches every OnError, and nothing is
// retried then.
//
// # Concurrency
//
// Callbacks of different calls run at the same time, on the goroutines of the callers; those of one call run one by one.
// Request, Response and Error belong to their call. [Queued] is for an interceptor that must see one call at a time.
//
// # Errors
//
// Next and Reject take any error. One that is no *[Error] is wrapped in one, so the caller finds its own type with
// [errors.As], and the [Kind], the request and the response with it. A panic reaches the caller of the client.
//
// # Bodies
//
// The chain closes every body that does not reach the caller. Whoever replaces a body with one that reads from it
// closes the inner one along with the outer.
//
// # Copies
//
// Every send has a request of its own, and an interceptor may change it, URL and headers included. One with a method
//
//	CopyOnWrite() bool
//
// that returns true promises not to write into the URL or into a slice of header values, but to put new ones in their place:
// Header.Set, not Header.Add. Where all interceptors of a chain promise it, their requests share both with the caller's, which
// saves copying them. Those of this module do.
package interceptor
