// Package auth keeps the session of a client of an API behind short-lived access tokens, as an interceptor: requests get the
// base URL and the token, an expired token is refreshed once for everyone who notices, the refused request is sent
// again, and when the refresh token is dead the user is logged out, and only then.
//
//	session, err := auth.New(auth.Config{
//		BaseURL:   "https://api.example.com/v1",
//		Store:     store, // package storage; nil keeps the session in memory
//		Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
//	})
//	err = chain.New(session).Install(client)
//	err = session.Login(ctx, auth.Token{AccessToken: …, RefreshToken: …})
//
// # The session
//
//	              Login                        401, or about to expire
//	signed out ───────────▶ signed in ───────────────────────────────▶ refreshing
//	    ▲                    ▲  ▲  │                                    │  │  │
//	    │     Logout         │  │  └── a 401 of an older token:         │  │  │
//	    ├────────────────────┘  │      send again, no refresh           │  │  │
//	    │                       ├── a new token, saved ◀───────────────┘  │  │
//	    │                       └── failed for now: session kept ◀────────┘  │
//	    └── ErrInvalidGrant, Logout anywhere, replaced by another user ◀──────┘
//
// The refresh runs inside [Store].Update, so all goroutines, processes and machines that share the store refresh one
// after the other, and who comes second finds the new token there.
//
// # Outcomes
//
//	what happened                        what the caller gets                       what is stored
//	401, refreshed                       the response of the request sent again     the new token, before its first use
//	401, another process refreshed       the same, without a call                   unchanged
//	401, the new token is refused too    the 401                                    the new token
//	401, insufficient_scope              the 401, no refresh                        unchanged
//	401, refresh failed for now          error: ErrRefreshFailed, RetryAfter, 401   unchanged
//	401, refreshes do not help           error: ErrExcessiveRefresh, 401            unchanged
//	401, the refresh token is dead       error: ErrLoginRequired, 401               nothing
//	401, logged out meanwhile            error: ErrLoginRequired, 401               nothing
//	401, another login meanwhile         error: ErrLoginRequired, 401               the other session
//	401, the body cannot be replayed     the 401, for the next request a new token  the new token
//	401, nobody was signed in            the 401                                    nothing
//	expired, refreshed                   the response                               the new token
//	expired, refresh failed for now      error: ErrRefreshFailed, nothing was sent  unchanged
//	about to expire, refresh failed      the response                               unchanged
//	refreshed, the store failed          the response; the event PersistFailed      the old token, the new one later
//	the store cannot be read             error: the store's, nothing was sent       unchanged
//	a panic in the Refresher             error: ErrRefreshFailed                    unchanged
//
// # Security
//
// The token goes to the origins of [Config], scheme, host and port, and to nobody else, whoever redirects there; to other
// machines only by https. An Authorization header the caller set is never replaced. Errors, events and logs hold
// no tokens. The refresh token goes to the token endpoint only, which is not followed anywhere else.
//
// # Concurrency
//
// Everything may be called from anywhere. A caller waits for a refresh or for the store no longer than its context; the
// refresh itself goes on, and what the server answers is saved. Close an interceptor before the program ends.
//
// # Writing a Refresher
//
// See [Refresher]: one call, an error that wraps [ErrInvalidGrant] for a dead refresh token, any other for trouble. Use an
// [http.Client] without the chain that follows no redirects.
package auth
