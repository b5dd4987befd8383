// Package chatelaine keeps the login session of a program that talks to an API behind short-lived
// tokens.
//
// This package is documentation only. The packages below run Dio-style interceptors under resty or
// net/http, and one of these interceptors keeps the session: an expired token is refreshed exactly
// once, however many goroutines, processes or machines notice it, and the session is stored
// encrypted.
//
//	your code ── client.R().Get("/me")
//	    │
//	resty v2   path parameters, body, base URL, cookies, results, its own retry
//	    │
//	chain      one copy of the request, then, for every send:
//	           OnRequest   A ▶ B ▶ C ▶ base transport ▶ server
//	           OnResponse  A ▶ B ▶ C      the status is good
//	           OnError     A ▶ B ▶ C      the status is bad, or the transport failed
//	    │
//	auth       is an interceptor: base URL · sign · notice a 401 · one refresh · send again · log out
//	    │
//	storage    bytes under one lock for all processes: sealed files, their key in the OS keyring
//
// # Packages
//
// For every program:
//
//   - [github.com/chatelaine-go/chatelaine/auth]: the session
//   - [github.com/chatelaine-go/chatelaine/auth/login]: from no session to a token, by browser or
//     device code
//   - [github.com/chatelaine-go/chatelaine/auth/dpop]: tokens that are bound to a key
//   - [github.com/chatelaine-go/chatelaine/chain]: runs interceptors under resty or net/http
//   - [github.com/chatelaine-go/chatelaine/storage/keyring]: sealed files, their key in the OS keyring
//
// For servers and fleets:
//
//   - [github.com/chatelaine-go/chatelaine/storage]: what a store promises, and encryption over any
//     store
//   - [github.com/chatelaine-go/chatelaine/storage/sqlstore]: PostgreSQL and SQLite
//   - storage/postgres, which wakes waiters by LISTEN, storage/redis and storage/nats: modules of
//     their own
//   - [github.com/chatelaine-go/chatelaine/storage/lease]: the lock of shared stores, for a backend of
//     your own
//
// For interceptors and tests:
//
//   - [github.com/chatelaine-go/chatelaine/interceptor]: what an interceptor sees and may decide
//   - logging, har, retry, requestid, idempotency, progress and redact beneath it; otel is a module of
//     its own
//   - [github.com/chatelaine-go/chatelaine/auth/authtest]: an identity provider and an API for your
//     tests
//   - [github.com/chatelaine-go/chatelaine/storage/storagetest]: the tests that a store has to pass
package chatelaine
