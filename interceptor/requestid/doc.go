// Package requestid gives every call an id that servers and logs can find it by, in the header X-Request-Id.
//
//	ids, err := requestid.New(requestid.Config{})
//	err = chain.New(ids, logging, auth).Install(client)
//
// It runs for every attempt and makes one id for each call: all attempts, and the hops of redirects, carry the same.
//
// An id is chosen in this order: the header that the caller set, the id of the context ([With]), the id of the hop before,
// a new one. A server that calls others passes its own on:
//
//	client.R().SetContext(requestid.With(ctx, incoming.Header.Get("X-Request-ID")))
//
// # Order
//
// Anywhere; first, if interceptors behind it are to see the id. [Interceptor.Of] reads it from the request of an error.
//
// # Security
//
// The id goes to every host that a call is redirected to. It is random and
// reveals nothing; see that one of your own does not.
package requestid
