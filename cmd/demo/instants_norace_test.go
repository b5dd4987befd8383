//go:build !race

package main

// instants is at how many moments a command is interrupted or killed.
const instants = 20
