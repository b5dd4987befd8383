// Package authtest runs a fake identity provider and API, so that you can test how your client
// signs in, refreshes and logs out.
//
// A [Server] is a real HTTP server on a loopback port, or in memory. It issues signed access tokens
// and rotating refresh tokens, and treats a refresh token that is used a second time as stolen, as
// RFC 9700 requires of providers: the session ends. Its methods cause, at the moment you choose,
// the failures that production sees once a month.
//
// # Usage
//
// Start a server in a test, let time pass or something fail, and count what your client did:
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
// A failed assertion prints the timeline of everything the server received and did, without tokens.
//
// The plain REST dialect speaks JSON:
//
//	POST /auth/login    {"username", "password"} → 200 {"accessToken", "refreshToken", "expiresIn"}; 401
//	POST /auth/refresh  {"refreshToken"} → 201, the same object or another Shape; 401
//	POST /auth/logout   {"refreshToken"} → 204
//
// OAuth 2.0 speaks forms (RFC 6749) and is discovered by OpenID Connect or RFC 8414. No page needs
// a human: [Config].BrowserUser agrees at once.
//
//	GET  /oauth/authorize             authorization code with PKCE (RFC 7636), iss (RFC 9207)
//	POST /oauth/par                   pushed authorization requests (RFC 9126)
//	POST /oauth/device_authorization  device codes (RFC 8628); /oauth/device or Server.ApproveDevice
//	POST /oauth/token                 authorization_code, device_code, client_credentials, password,
//	                                  refresh_token → 200; 400 invalid_grant
//	POST /oauth/revoke                RFC 7009 → 200
//	POST /oauth/register              dynamic registration (RFC 7591) → 201
//	GET  /oauth/logout                ends the session of an id_token_hint
//	GET  /.well-known/openid-configuration, /.well-known/oauth-authorization-server
//
// Clients authenticate by secret or by private_key_jwt, see [Config].Clients and
// [Config].ClientKeys. A session that is opened with a DPoP proof (RFC 9449) is bound to its key.
// ID tokens are signed with a key that only the server has. Both dialects share their sessions: a
// refresh token of one can be used with the other.
//
// The API requires an access token in the Authorization header. An invalid token gets 401
// {"message":"Invalid JWT"} and a challenge (RFC 6750), unless [Config] says otherwise.
//
//	GET /me                         the User of the token
//	any /echo                       an Echo of the request
//	any /public/echo                the same without a token; one that is sent is not checked
//	any /status/{code}              that status, 200 to 599
//	GET /bytes/{n}                  n bytes, streamed
//	any /redirect?to=URL&status=302 a redirect
//
// The last three need no token, but refuse an invalid one. [Server.Protect] guards your own
// handlers in the same way.
//
// The server knows no clock but [time.Now], shifted by [Config].ClockOffset. With [Config].InMemory
// it runs inside a bubble of [testing/synctest], where an hour passes in no time:
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
// [Server.Transport] and [Server.Client]. Tests on the real clock need no sleep either:
// [Server.HoldRefresh] and [Server.HoldAPI] stop a request in the middle, and [Server.Wait] returns
// when it is there.
//
// # Errors
//
// [Start] reports every problem of its [Config] in one error; [NewServer] panics with it.
// Requests get the errors of the RFCs, or those of another provider ([Config].ErrorDialect).
//
// # Concurrency
//
// All methods of [Server] and [Foreign] may be called at any time from any goroutine. A refresh
// takes effect in one step: once [Stats] counts it, its token is spent, even if the response is
// still held.
//
// # Security
//
// This is a fake. It keeps passwords and tokens in plain text, it redirects to any URL it is given,
// and everyone is signed in already. Leave it on loopback. Events and printed values show no
// secrets, and control characters in them are escaped.
package authtest
