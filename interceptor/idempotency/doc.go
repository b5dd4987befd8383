// Package idempotency gives calls that are not idempotent by themselves a key by which the server recognizes a repetition,
// in the header Idempotency-Key.
//
//	keys, err := idempotency.New(idempotency.Config{})
//	err = chain.New(keys, retry, auth).Install(client)
//
// A POST that timed out may have taken effect. With a key it can be sent again: a server that knows the key gives the
// answer of the first time and does nothing twice. Package interceptor/retry repeats a request that carries one.
//
// It runs for every attempt and makes one key for each call: all attempts, and the hops of redirects that repeat the method,
// carry the same. What the program repeats is a new call with a new key, unless it says that it is the same thing:
//
//	client.R().SetContext(idempotency.With(ctx, order.ID))
//
// # Source
//
// The header is that of draft-ietf-httpapi-idempotency-key-header-07, for POST and PATCH. The draft writes the key as a
// string of RFC 9651, in quotes ([Config].Quoted); the servers that made the header known take it as it is.
//
// # Order
//
// Anywhere; before a logger that is to show the header.
package idempotency
