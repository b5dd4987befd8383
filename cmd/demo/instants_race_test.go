//go:build race

package main

// instants is small because opening the keyring costs a hash that the race detector makes ten times slower.
const instants = 4
