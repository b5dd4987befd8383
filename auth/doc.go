// Package auth provides an interceptor that manages the session of an API client whose access
// tokens are short-lived. It adds the base URL and the token to requests. An expired token is
// refreshed once for all callers, and the refused request is sent again. A temporary failure never
// logs the user out.
//
//	session, err := auth.New(auth.Config{
//		BaseURL:   "https://api.example.com/v1",
//		Store:     store, // package storage; nil keeps the session in memory
//		Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
//	})
//	err = chain.New(session).Install(client)
//	err = session.Login(ctx, auth.Token{AccessToken: …, RefreshToken: …})
//
// # Order
//
// Interceptors that run after the session see the signed request and may send it elsewhere. Place
// only interceptors there that you trust; ideally none.
//
// # The session
//
// A session is in one of three states:
//
//	              Login                        401, or about to expire
//	signed out ───────────▶ signed in ───────────────────────────────▶ refreshing
//	    ▲                    ▲  ▲  │                                    │  │  │
//	    │     Logout         │  │  └── a 401 of an older token:         │  │  │
//	    ├────────────────────┘  │      send again, no refresh           │  │  │
//	    │                       ├── a new token, saved ◀────────────────┘  │  │
//	    │                       └── failed for now: session kept ◀─────────┘  │
//	    └── ErrInvalidGrant, Logout anywhere, replaced by another user ◀────────┘
//
// The refresh runs inside [Store].Update, so goroutines, processes and machines that share a store
// refresh one at a time. The second finds the token of the first.
//
// # Errors
//
// Errors pass through resty and net/http: [errors.Is] finds the errors named here, [errors.As] the
// [*RefreshError] or [*LoginRequiredError] and the [*interceptor.Error] that carries the 401, its
// body readable.
//
//	what happened                        what the caller gets                        what is stored
//	401, refreshed                       the response of the request sent again      the new token, before its use
//	401, another process refreshed       the response, without a refresh             unchanged
//	401, the new token is refused too    the 401                                     the new token
//	401, insufficient_scope              the 401, without a refresh                  unchanged
//	401, refresh failed for now          ErrRefreshFailed, RetryAfter, with the 401  the wait, if the server named one
//	401, the path refused a fresh token  the 401, without a refresh                  unchanged
//	401, refreshes do not help           ErrExcessiveRefresh, with the 401           unchanged
//	401, the refresh token is dead       ErrLoginRequired, with the 401              nothing
//	401, there is no refresh token       ErrLoginRequired, with the 401              nothing
//	401, there is no Refresher           the 401                                     unchanged
//	401, logged out meanwhile            ErrLoginRequired, with the 401              nothing
//	401, another user meanwhile          ErrLoginRequired, with the 401              the other session
//	401, the same user again meanwhile   the response, without a refresh             the other session
//	401, the body cannot be replayed     the 401; the next request has a new token   the new token
//	401, nobody was signed in            ErrLoginRequired, with the 401              nothing
//	401, another process logged in       the response, without a refresh             unchanged
//	401, the store reports lost data     ErrRefreshFailed, with the 401              unchanged
//	401, the record is damaged           ErrSessionUnreadable, with the 401          unchanged
//	401, the store cannot write          ErrRefreshFailed, with the 401              unchanged
//	expired, refreshed                   the response                                the new token, before its use
//	expired, refresh failed for now      ErrRefreshFailed, nothing was sent          the wait, if the server named one
//	expired, the refresh token is dead   ErrLoginRequired, nothing was sent          nothing
//	expired, there is no refresh token   what the server says                        unchanged
//	about to expire, refresh failed      the response                                unchanged
//	refreshed, the save failed           the response; the event PersistFailed       the new token, later
//	dead, the deletion failed            ErrLoginRequired, with the 401              nothing, later
//	the store cannot be read             the store's error, nothing was sent         unchanged
//	the record cannot be read            ErrSessionUnreadable, nothing was sent      unchanged
//	a panic in the Refresher             ErrRefreshFailed, with the 401              unchanged
//	the caller's context ends            its error; the refresh continues            the new token
//
// # Security
//
// The token is sent only to the origins in [Config], compared by scheme, host and port, even after
// a redirect. It is sent to other machines only over https, unless InsecureAllowHTTP is set. A
// redirect chain that has left them is not signed again when it comes back. An Authorization header
// that the caller set is never replaced. The refresh token is sent only to the token endpoint and,
// through Config.Revoke, to the revocation endpoint. No redirect there is followed. Errors, events
// and logs hold no tokens and no bodies.
//
// A stored session names the origin that it was made for, and is not used with a configuration for
// another server. A session of another user is never adopted where the tokens name their users, as
// JWTs do. Opaque tokens name no user: another process's login then ends the session of this
// process, which adopts the new one only after that. Set Config.AccountIsUser if an account always
// belongs to the same user; then this process adopts it at once.
//
// # Concurrency
//
// All functions and methods are safe for concurrent use. A caller waits for a refresh or for the
// store no longer than its context, and in any case no longer than the store's lock and the
// Refresher may take together: twice Config.RefreshTimeout, and a second for a Refresher that
// ignores its context. The refresh itself continues, and the server's response is saved.
//
// Before the program ends, close the interceptor. Closing a keyring.Store is enough, too: it waits
// for the save. Also handle the signals that would end the program at once
// ([os/signal.NotifyContext]). Without all that, a short program refreshes only while a request
// waits, and loses nothing when it returns; a program that has run for its ExpiryWindow may return
// in the middle of a background refresh.
//
// No library can help if the program is killed, or ends by [os.Exit], a panic or an unhandled
// signal, after the server has spent the refresh token and before the new one is saved. Then a
// server without a grace period for the previous token requires a login.
//
// The timeout of a refresh counts only while the process runs: a response that arrives while the
// process is frozen, by Ctrl-Z or a sandbox, is saved when the process resumes.
//
// # Token endpoints
//
// [JSONRefresher] and [OAuth2Refresher] parse responses leniently with [ParseToken], which also
// parses the response to a login. An [*EndpointError] is a response without a token. Its code, or
// its status if JSONRefresher.DeadStatuses names it, decides whether the session is over. A
// response that asks the client to wait, or that another server sent, such as a proxy, never ends
// it. [ClientCredentials] and [TokenExchange] create sessions without a login; see [Minter]. Tokens
// that are bound to a key need Config.Prover; see package dpop.
//
// # Writing a Refresher
//
// For servers that [JSONRefresher] and [OAuth2Refresher] do not know, write a [RefreshFunc]:
//
//	auth.RefreshFunc(func(ctx context.Context, old auth.Token) (auth.Token, error) {
//		resp, err := exchange(ctx, old.RefreshToken) // once, following no redirects
//		switch {
//		case err != nil:
//			return auth.Token{}, err // the session is kept
//		case resp.Code == codeRevoked:
//			return auth.Token{}, fmt.Errorf("%s: %w", resp.Code, auth.ErrInvalidGrant) // and only this ends it
//		case resp.Code != codeOK:
//			return auth.Token{}, &auth.RefreshError{Status: resp.Status, RetryAfter: resp.Wait}
//		}
//		return auth.Token{AccessToken: resp.Access, RefreshToken: resp.Refresh, Expiry: resp.Expiry}, nil
//	})
//
// Where the response has the usual shape, auth.ParseToken does most of that. See [Refresher] for
// the contract.
package auth
