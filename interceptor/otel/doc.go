// Package otel traces and measures calls with OpenTelemetry: a span for every call, in it one for
// every attempt, following the semantic conventions for HTTP clients, and the duration of requests
// as a histogram.
//
// An expired token looks like this in a trace:
//
//	call GET /users/{id}      2 sends
//	├─ GET /users/{id}        401
//	└─ GET /users/{id}        200   http.request.resend_count 1
//
// It is a module of its own, so only programs that import it depend on OpenTelemetry.
//
// # Usage
//
// Around puts its interceptors first and last; Instrument adds the span of the call:
//
//	telemetry, err := otel.New(otel.Config{})
//	session, err := auth.New(auth.Config{…, OnEvent: telemetry.OnEvent})
//	client := resty.New()
//	err = chain.New(telemetry.Around(session)...).Install(client)
//	err = telemetry.Instrument(client)
//
// # Spans of attempts
//
// [Instrumentation.Around] puts the given interceptors between two of this package: the span of an
// attempt begins in the last one, when all others are done with the request, and ends in the first
// one, which sees the outcome of every attempt before it is retried. So the time of a refresh or a
// rate limiter is not included. A request that is never sent has no span.
//
// A span ends with the header of the response; reading the body is not included. Every attempt
// carries its own trace context to the server. An otelhttp transport beneath the chain would add a
// second span of the same request: use one or the other.
//
//	kind            client
//	name            GET /users/{id}; GET, if there is no template
//	attributes      http.request.method, http.request.resend_count, http.response.status_code,
//	                url.full, url.template, server.address, server.port, network.protocol.version,
//	                error.type
//	status          error from 400 on, and if there is no response; then with the error as its
//	                description
//
// # Spans of calls
//
// Under resty, [Instrumentation.Instrument] begins and ends the span of a call with resty's own
// hooks, around redirects and resty's retries, too. Any other client uses
// [Instrumentation.Transport], laid over the chain; there every hop of a redirect is a call.
// Without either, the spans of attempts are children of the span in the caller's context.
//
//	kind            internal
//	name            call GET /users/{id}
//	attributes      http.request.method, url.template, http.response.status_code, error.type,
//	                chatelaine.sends
//
// The url.template is the path given to resty, if it has parameters in braces; a path that the
// program put together itself would produce a name for every value. [WithURLTemplate] sets one for
// everything else.
//
// # Metrics
//
// The following is recorded, by name, unit and attributes:
//
//	http.client.request.duration   s          histogram, for every attempt: method, server, scheme,
//	                                          protocol version, status, error, template
//	chatelaine.auth.refreshes      {refresh}  counter: chatelaine.refresh.outcome is refreshed, failed
//	                                          or rejected
//	chatelaine.auth.events         {event}    counter: chatelaine.event, and chatelaine.reason of those
//	                                          that signed out
//
// The counters are those of [Instrumentation.OnEvent], which auth calls.
//
// # Order
//
// Around puts its interceptors first and last. It works with chain.Forward and chain.Reverse.
//
// # Errors
//
// [New] returns the errors of the meter provider, [Instrumentation.Instrument] one for a nil
// client. Tracing changes no call.
//
// # Concurrency
//
// Everything may be called at any time by multiple goroutines. No goroutine is started.
//
// # Security
//
// Package redact decides what is shown of URLs and errors, of which the first 4 KiB are recorded.
// Headers and bodies are not looked at. The trace context, and whatever else the propagator writes,
// goes to every host that a call is redirected to.
package otel
