// Package chatelaine is documentation only. The packages below are Dio-style interceptors for resty and net/http, and one
// that keeps the session of an API behind short-lived tokens. An expired token is refreshed exactly once, however many
// goroutines, processes or machines notice it; the session is stored encrypted.
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
// The packages:
//
//   - [github.com/chatelaine-go/chatelaine/interceptor]: what an interceptor sees and may decide
//   - [github.com/chatelaine-go/chatelaine/chain]: runs interceptors under resty or net/http
//   - [github.com/chatelaine-go/chatelaine/auth]: the session
//   - [github.com/chatelaine-go/chatelaine/auth/authtest]: an identity provider for your tests
//   - [github.com/chatelaine-go/chatelaine/storage]: bytes at rest
//   - [github.com/chatelaine-go/chatelaine/storage/keyring]: their key in the OS keyring
//
// Under interceptor there are logging, har, retry, requestid, idempotency, redact, and, a module of its own, otel.
package chatelaine
