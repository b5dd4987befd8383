// Package restyv3 proves that the chain works under resty v3, whose clients take it as their
// transport:
//
//	client := resty.New()
//	client.SetTransport(chain.New(interceptors...).Transport(client.Transport()))
//
// It has no code, only tests, in a module of its own, so that the library does not depend on resty
// v3.
package restyv3
