// Package requestid gives every call an ID by which servers and logs can find it, in the header
// X-Request-Id.
//
// It runs for every attempt and makes one ID for each call: all attempts, and the hops of
// redirects, carry the same. The ID is, in this order: the header that the caller set, the ID of
// the context ([With]), the ID of the hop before, or a new one.
//
// # Usage
//
// Every call gets an ID of its own:
//
//	ids, err := requestid.New(requestid.Config{})
//	err = chain.New(ids, logging, auth).Install(client)
//
// A server that calls other servers passes on the ID it received:
//
//	client.R().SetContext(requestid.With(ctx, incoming.Header.Get("X-Request-Id")))
//
// # Order
//
// Put it anywhere in the list, but before interceptors that are to see the ID. [Interceptor.Of]
// reads it from the request of an error.
//
// # Errors
//
// [New] reports a header that cannot hold an ID. An unusable ID is replaced, never an error.
//
// # Concurrency
//
// An interceptor may serve any number of calls and chains at once.
//
// # Security
//
// The ID goes to every host that a call is redirected to. The default one is random and reveals
// nothing; make sure that yours does not either.
package requestid
