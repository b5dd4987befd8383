// Package har records calls as HAR 1.2, the format that the network panels of browsers and many
// other tools open: one entry for every attempt, with secrets masked.
//
// An expired token, for example, is three entries in a panel's waterfall where other tools show
// one:
//
//	401 GET  /me
//	201 POST /auth/refresh   token-refresh
//	200 GET  /me             retry
//
// In addition to the fields of HAR 1.2 an entry has
//
//	_call      the number of the call; its attempts and the hops of its redirects share it
//	_attempt   the number of the attempt within its hop, from 1
//	_cause     why it was sent: absent for a call's first request, "retry", "redirect", or the cause
//	           given to Transport
//	_connectionId, _resourceType   for browsers
//
// and the response of a failed attempt has status 0 and an _error, as browsers write them.
//
// The times are those of [net/http/httptrace]: waiting for a connection, name lookup, connecting
// (TLS included), sending, waiting, receiving. They begin when a connection is requested, so what
// later interceptors did before is not included, and they add up to the entry's time. A base
// transport that traces nothing, such as a mock, has waiting and receiving only.
//
// The recorder reads no body. It watches while the transport sends and the caller reads, keeps the
// first [Config].MaxBody bytes of what can be shown, and counts the rest. An entry whose body is
// still being read is written as far as it has been read.
//
// # Usage
//
// Record the calls and the refreshes, and write the archive when you are done:
//
//	recorder, err := har.New(har.Config{})
//	session, err := auth.New(auth.Config{
//		Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: recorder.Transport(nil, "token-refresh")},
//		…
//	})
//	err = chain.New(recorder, session).Install(client)
//	…
//	err = recorder.WriteFile("session.har")
//
// # Order
//
// Put the recorder first in the list, because the first interceptor sees the outcome of every
// attempt, whatever the later ones make of it. Even there it shows the request as it was sent,
// except for a body that a later interceptor replaced. With chain.Reverse, put it last.
//
// A request that a later interceptor resolved or rejected before it was sent leaves no entry,
// unless it did so Through. To record exactly what is sent, put the transport beneath the chain,
// with an empty cause:
//
//	client.SetTransport(recorder.Transport(client.GetClient().Transport, ""))
//	err = chain.New(recorder, session).Install(client)
//
// Then the transport records, and the interceptor only supplies attempt and cause. Resty's setters
// for proxy and TLS do not work through it: call them before.
//
// # Errors
//
// [New] reports everything that is wrong with its configuration in one error. [Recorder.WriteTo]
// and [Recorder.WriteFile] return those of the writer and the file. Recording changes no call.
//
// # Concurrency
//
// All methods may be called at any time by multiple goroutines; a recorder starts none.
//
// # Security
//
// Package redact decides what an entry shows: names, and the values on its lists. It shows bodies
// of JSON and forms. Of all other bodies, including compressed ones, it shows type and size; of
// multipart forms, also the names of the parts. An entry is redacted as soon as it is complete:
// from then on memory holds only what will be written. The entries are bounded in number and in
// size ([Config]), and of a header the first 64 KiB and 1000 fields are shown.
// [Config].InsecureShowSecrets turns redaction off.
package har
