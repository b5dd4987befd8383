// Package idempotency gives calls that are not idempotent by themselves a key by which the server
// recognizes a repetition, in the header Idempotency-Key.
//
// A POST that timed out may have taken effect. With a key it can be sent again: a server that knows
// the key repeats its first response and does nothing twice. Package interceptor/retry repeats a
// request that carries one.
//
// The interceptor runs for every attempt and makes one key for each call: all attempts, and the
// hops of redirects that repeat the method, carry the same. The header is that of
// draft-ietf-httpapi-idempotency-key-header-07, for POST and PATCH. The draft writes the key as a
// string of RFC 9651, in quotes ([Config].Quoted); the servers that made the header known want it
// without.
//
// # Usage
//
// Every call gets a key of its own:
//
//	keys, err := idempotency.New(idempotency.Config{})
//	err = chain.New(keys, retry, auth).Install(client)
//
// A call that the program itself repeats is a new call with a new key, unless the program says that
// both are the same operation:
//
//	client.R().SetContext(idempotency.With(ctx, order.ID))
//
// # Order
//
// Put it anywhere in the list, but before a logger that is to show the header.
//
// # Errors
//
// [New] reports everything that is wrong with its configuration in one error. An unusable key is
// replaced, never an error.
//
// # Concurrency
//
// An interceptor may serve any number of calls and chains at once.
//
// # Security
//
// The key goes to every host that a call is redirected to with its method. The default one is
// random and reveals nothing; make sure that yours does not either.
package idempotency
