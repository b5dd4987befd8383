// Package idp runs the library against identity providers that its authors did not write.
//
// The tests start panva's oidc-provider (from npm) and Ory Hydra (built from the Go module proxy)
// on loopback addresses with free ports, sign in at them without a human, and drive a session
// through everything that README promises: one refresh for everyone, other processes, outages,
// revocation, logout.
//
// # Usage
//
//	go test -timeout 20m ./...
//
// The first run downloads oidc-provider (Node.js 20 or newer, npm) and builds Hydra (a C compiler;
// about three minutes on two cores) into the user's cache directory; CHATELAINE_IDP_CACHE names
// another one. Where npm, the network or the compiler is missing the tests are skipped and say
// why. With CHATELAINE_REQUIRE_ALL set, as in CI, that is a failure.
//
// # Security
//
// npm packages come from a lock file with checksums and run no install scripts; Hydra's modules
// are pinned in hydra/hydra.sum. The providers listen on 127.0.0.1 only.
package idp
