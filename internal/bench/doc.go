// Package bench compares the chain and the session with other libraries on the same job: a GET with
// a bearer token, through the same transport in memory, in turns in one process. docs/benchmarks.md
// has the results, and the commands that make them.
package bench
