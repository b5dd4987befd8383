// Package dpop proves that the holder of a token has the key that the token is bound to.
//
// A DPoP token (RFC 9449) that is stolen is worth nothing without the private key of its session.
// Every request carries a proof: a JWT, signed with that key for this method and URL, and for this
// token.
// Servers may require a nonce in it; they send one in any response, and refuse a request without it
// with use_dpop_nonce.
//
// # Usage
//
// A [Prover] in the configuration of package auth does all of that for a session: a fresh proof for
// every send (attempts, redirects, refreshes, revocations), nonces for each origin, one more send
// where a server wants a nonce.
//
//	session, err := auth.New(auth.Config{
//		BaseURL:   "https://api.example.com",
//		Store:     store,
//		Refresher: auth.OAuth2Refresher{Config: client},
//		Prover:    dpop.New(),
//	})
//
// A [Key] gets the session started: the login sends its requests through the key's transport, and
// the session takes over the key.
//
//	key, err := dpop.NewKey()
//	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: key.Transport(nil)})
//	token, err := client.Exchange(ctx, code)
//	err = session.Login(ctx, key.Bind(auth.FromOAuth2(token)))
//
// A session that an [auth.Minter] makes needs no such start: its key is made under the lock of the
// store.
//
// # Errors
//
// A key that cannot be read, and a request that cannot be proven, fail before anything is sent.
//
// # Concurrency
//
// All functions and methods are safe for concurrent use.
//
// # Security
//
// The key is P-256 (ES256) and is stored with the session, by a Store that seals it; it is gone
// after Logout. Nothing prints it. A proof names the URL without query and fragment. An interceptor
// behind the session must not change method or URL of a request.
package dpop
