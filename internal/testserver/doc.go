// Package testserver starts database servers for tests, on the loopback interface, on a free port,
// with their data in a temporary directory, and a desktop session with a keyring. [Run] runs servers
// that are part of the test program. A server that is
// not installed skips the test, or fails it if the environment variable CHATELAINE_REQUIRE_ALL is
// set.
//
// # Usage
//
//	url := testserver.PostgresURL(testserver.Postgres(t).Addr)
//
// # Errors
//
// A server that does not start fails the test, with its log.
//
// # Concurrency
//
// Each call starts a server of its own, which ends with its test.
//
// # Security
//
// Servers accept connections from this machine only, and have no passwords: they are for tests.
package testserver
