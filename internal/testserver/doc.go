// Package testserver starts database servers for tests, on the loopback interface, on a free port,
// with their data in a temporary directory, and a desktop session with a keyring. A server that is
// not installed skips the test, or fails it if the environment variable CHATELAINE_REQUIRE_ALL is
// set.
package testserver
