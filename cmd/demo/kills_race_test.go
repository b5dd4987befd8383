//go:build race

package main

// kills is small because opening the keyring costs a hash that the race detector makes ten times slower.
const kills = 6
