// Package authtest runs a fake identity provider and API, against which you test that your client
// signs in, refreshes and logs out as it should.
//
// A [Server] is a real HTTP server on a loopback port, or in memory. It issues signed access tokens
// and rotating refresh tokens, and treats a refresh token that comes back a second time as stolen,
// as RFC 9700 asks of providers: the session ends. Its methods make happen, at the moment you
// choose, what goes wrong in production once a month.
//
//	func TestClient_refreshes_once(t *testing.T) {
//		server := authtest.NewServer(authtest.Config{})
//		defer server.Close()
//		client := yourclient.New(server.URL, server.Issue("alice")) // or log in by password
//
//		server.ExpireAccess()
//		client.Get("/me") // 401, refresh, 200
//
//		server.AssertRefreshes(t, 1)
//	}
//
// An assertion that fails prints the timeline of everything the server saw and did, without tokens.
//
// # Endpoints
//
// The plain REST dialect speaks JSON:
//
//	POST /auth/login    {"username", "password"} → 200 {"accessToken", "refreshToken", "expiresIn"}; 401
//	POST /auth/refresh  {"refreshToken"} → 201, the same object or another Shape; 401
//	POST /auth/logout   {"refreshToken"} → 204
//
// OAuth 2.0 speaks forms (RFC 6749, RFC 7009), and publishes its key (RFC 7517) and metadata
// (RFC 8414):
//
//	POST /oauth/token   grant_type=password or refresh_token → 200; 400 invalid_grant
//	POST /oauth/revoke  token → 200
//	GET  /.well-known/jwks.json
//	GET  /.well-known/oauth-authorization-server
//
// Both dialects share their sessions: what one issues the other refreshes.
//
// The API asks for an access token, in the header Authorization: Bearer. A token that is no good is
// answered with 401 {"message":"Invalid JWT"} and a challenge (RFC 6750), if [Config] does not say
// otherwise.
//
//	GET /me                         the User who calls
//	any /echo                       an Echo of the request
//	any /public/echo                the same, for everyone; a token is not looked at
//	any /status/{code}              that status, 200 to 599
//	GET /bytes/{n}                  n bytes, streamed
//	any /redirect?to=URL&status=302 a redirect
//
// The last three serve everyone, too, but refuse a token that is no good.
//
// With [Config].Control the knobs can be turned from outside the process. Each answers 204, or 400
// with a message:
//
//	POST /_control/expire                     Server.ExpireAccess
//	POST /_control/revoke?user=               Server.Revoke, or Server.RevokeAll without a user
//	POST /_control/fail?n=1&status=503&body=&retry-after=&target=refresh
//	                                          Server.FailRefresh, or Server.FailAPI for target=api
//	POST /_control/drop?n=1                   Server.DropAfterRotate
//	POST /_control/delay?ms=0                 Server.DelayRefresh
//	POST /_control/hold, /_control/release    Server.HoldRefresh
//	POST /_control/set?NAME=VALUE             Server.Reconfigure, names as in Settings
//	GET  /_control/settings, /_control/stats, /_control/timeline
//
// # Time
//
// The server knows no clock but [time.Now], shifted by [Config].ClockOffset. With [Config].InMemory it runs inside a bubble of
// [testing/synctest], where an hour passes in no time at all:
//
//	func TestClient_refreshes_in_time(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			server := authtest.NewServer(authtest.Config{InMemory: true, AccessTTL: time.Hour})
//			defer server.Close()
//			client := yourclient.New(server.URL, server.Transport(), server.Issue("alice"))
//
//			<-time.After(time.Hour)
//			client.Get("/me")
//
//			server.AssertRefreshes(t, 1)
//		})
//	}
//
// Create and close the server inside the bubble. A server in memory is reached only through
// [Server.Transport] and [Server.Client].
//
// In tests against the real clock nothing needs to sleep either: [Server.HoldRefresh] and
// [Server.HoldAPI] stop a request where it is, [Server.Wait] tells when it is there.
//
// # Concurrency
//
// All methods of [Server] and [Foreign] may be called at any time from any goroutine. A refresh is
// decided in one step: who sees it in [Stats] knows that its token is spent, even if its answer is
// still held.
//
// # Security
//
// This is a fake. It keeps passwords and tokens in memory as they are, it redirects wherever it is
// told to, and with [Config].Control everyone who reaches it controls it. Leave it on loopback.
package authtest
