// Package login signs a user in at an OAuth 2.0 or OpenID Connect provider and returns the first
// token of a session.
//
// [Browser] opens the provider's page in the user's browser and receives the code on a loopback
// address. [Device] shows a short code that the user enters on another device. [Discover] finds the
// endpoints of a provider from its issuer URL. The token goes to the Login method of the session of
// package auth, which keeps it from then on.
//
// # Usage
//
// Find the provider, let the user sign in, and begin the session:
//
//	provider, err := login.Discover(ctx, "https://id.example.com")
//	…
//	client := login.Client{Provider: *provider, ID: "my-program", Scopes: []string{"openid", "offline_access"}}
//	token, err := login.Browser(ctx, login.BrowserConfig{Client: client})
//	…
//	err = session.Login(ctx, token)
//
// The session is configured with the same client: see [Client.Refresher] and [Client.Revoker]. Over
// ssh, set BrowserConfig.NoBrowser and BrowserConfig.Paste: the user opens the URL at home and
// pastes the address that the browser ends up at. Servers with a password login of their own need
// no part of this package: send the request with net/http and give its response to auth.ParseToken.
//
// Proofs of possession (DPoP, RFC 9449) come from package auth/dpop: set Client.Transport to the
// Transport of a dpop.Key, bind the token with the Bind method of that key, and set the Prover of
// the session. Signed client assertions (private_key_jwt, RFC 7523) come from [PrivateKeyJWT].
//
// # Errors
//
// A refusal by the provider is an [*Error] with its code: [errors.Is] finds [ErrAccessDenied] when
// the user refused and [ErrExpired] when the time to sign in was over. Every message says what to
// do next. No error shows a token, a code, a client secret or a query.
//
// # Concurrency
//
// All functions may be called concurrently; a [Client] may be shared once its fields are set.
// Every wait ends with its context. The listener of [Browser] and all goroutines are gone when it
// returns, except for the process that opens the browser, see [OpenBrowser].
//
// # Security
//
// Browser follows RFC 8252 and RFC 9700: PKCE with S256, a random state, the issuer of the response
// (RFC 9207) and the nonce of the ID token are checked, and the redirect goes to a loopback address
// that accepts one response. Endpoints must use https unless they are on loopback. Responses are
// read up to 1 MiB, redirects of the token endpoint are not followed, and ID tokens are trusted
// only because they arrive over TLS from the token endpoint.
package login
